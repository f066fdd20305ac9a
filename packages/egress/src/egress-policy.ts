/** Which addresses may be reached. Public unicast addresses always may. */
export interface EgressPolicy {
  /**
   * Opens the private, loopback, carrier-grade NAT and unique local ranges. Link-local and the metadata addresses
   * of clouds stay closed: only `allowCidrs` opens those.
   */
  allowPrivateNetwork: boolean;
  /** Blocks such as `10.0.0.0/8` or `fd00::/8` that may be reached although they are not public. */
  allowCidrs: readonly string[];
  /** @defaultValue {@link DEFAULT_PORTS} */
  allowPorts?: readonly PortRange[];
}

export interface PortRange {
  from: number;
  to: number;
}

/** The web's own ports, and none of the other services below 1024 (mail, name service, remote shells). */
export const DEFAULT_PORTS: readonly PortRange[] = [
  { from: 80, to: 80 },
  { from: 443, to: 443 },
  { from: 1_024, to: 65_535 },
];
