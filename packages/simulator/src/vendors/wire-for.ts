import type { SimulatedVendor } from '../config/simulated-vendor.ts';
import { anthropicWire } from './anthropic/anthropic-wire.ts';
import { googleWire } from './google/google-wire.ts';
import { openaiWire } from './openai/openai-wire.ts';
import type { VendorWire } from './vendor-wire.ts';

const WIRES: Record<SimulatedVendor, () => VendorWire> = {
  openai: () => openaiWire({ lenient: false }),
  'openai-compatible': () => openaiWire({ lenient: true }),
  anthropic: anthropicWire,
  google: googleWire,
};

export function wireFor(vendor: SimulatedVendor): VendorWire {
  return WIRES[vendor]();
}
