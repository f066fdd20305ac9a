import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { BatchOperation } from '../config/batch-operation.ts';
import type { SimulatedAccount, SimulatorState } from '../server/simulator-state.ts';
import type { WireAnswer, WireContext } from '../vendors/vendor-wire.ts';

export interface BatchCall {
  account: SimulatedAccount;
  state: SimulatorState;
  operation: BatchOperation;
  method: string;
  /** Without the account's prefix, decoded. */
  path: string;
  /** What the path names: a batch, a file, a model; empty where it names nothing. */
  id: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: IncomingMessage;
  /** The account's address as the caller reached it, without a slash at the end. */
  baseUrl: string;
  context: WireContext;
}

export interface FileAnswer {
  status: number;
  headers: Record<string, string>;
  file: { path: string; bytes: number };
}

export type BatchEndpoint =
  | { status: 'batch'; operation: BatchOperation; id: string }
  | { status: 'wrong_method' };

/** A vendor's Batch API with its files. */
export interface BatchApi {
  /** Null for a path that is none of it. */
  endpoint(method: string, path: string): BatchEndpoint | null;
  serve(call: BatchCall): Promise<WireAnswer | FileAnswer>;
  notFound(call: BatchCall): WireAnswer;
  /** Calls that need no key. Default: none. */
  isKeyless?(call: BatchCall): boolean;
}
