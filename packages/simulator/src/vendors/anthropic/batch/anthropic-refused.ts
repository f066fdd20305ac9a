import type { WireErrorKind } from '../../vendor-wire.ts';

/** Thrown while a batch is created; the vendor's usual refusal of this kind. */
export class AnthropicRefused extends Error {
  override readonly name = 'AnthropicRefused';
  readonly kind: WireErrorKind;

  constructor(kind: WireErrorKind) {
    super(kind);
    this.kind = kind;
  }
}
