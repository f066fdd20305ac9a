/** Which addresses may be reached. Public unicast addresses always may. */
export interface EgressPolicy {
  /**
   * Opens the private, loopback, carrier-grade NAT and unique local ranges. Link-local and the metadata addresses
   * of clouds stay closed: only `allowCidrs` opens those.
   */
  allowPrivateNetwork: boolean;
  /** Blocks such as `10.0.0.0/8` or `fd00::/8` that may be reached although they are not public. */
  allowCidrs: readonly string[];
}
