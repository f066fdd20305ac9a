/**
 * Seals texts before they are stored. A sealed text opens only in its own place: `place` names the record and field
 * (`job_1/request`), and is authenticated with it.
 */
export interface Vault {
  /** False: texts are stored as they are. */
  readonly seals: boolean;
  seal(text: string, place: string): string;
  /**
   * The text that was sealed. One that was stored before the vault had keys passes through unchanged.
   * @throws VaultError for a key that is not in the ring, and for a text that was changed or moved.
   */
  open(text: string, place: string): string;
}

/** A stored text can't be opened here. */
export class VaultError extends Error {
  override readonly name = 'VaultError';
}

/** Stores texts as they are, and opens nothing that was sealed. */
export const PLAIN_VAULT: Vault = Object.freeze({
  seals: false,
  seal: (text: string) => text,
  open(text: string) {
    if (text.startsWith(SEALED_PREFIX)) {
      throw new VaultError('A stored text is sealed, and this process has no SLUICE_ENCRYPTION_KEYS.');
    }
    return text;
  },
});

/** Begins every sealed text; no JSON text begins so. */
export const SEALED_PREFIX = 'sealed1.';
