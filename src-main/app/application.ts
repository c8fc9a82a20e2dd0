import type { UiMessage } from '../contracts/ui.ts';

/** The running application, as a host (a plain process or the desktop shell) sees it. */
export interface Application {
  /** Base URL of the public REST API: `http://127.0.0.1:8501`. */
  readonly restUrl: string;
  /** Where the public gRPC API is called: `127.0.0.1:8500`; undefined where it is off. */
  readonly grpcAddress: string | undefined;
  /** Origin of the user interface: `http://127.0.0.1:8510`. */
  readonly uiOrigin: string;
  /** A link that opens the user interface once: it carries a one-time token in exchange for the session cookie. */
  issueSignInUrl(): string;
  /** Absolute native paths of the folders that are served now. */
  servedFolders(): readonly string[];
  /** Tells what the user interface is told: a snapshot, within the call, then each change. @returns stops telling. */
  follow(onMessage: (message: UiMessage) => void): () => void;
  /**
   * Stops accepting, finishes what is in flight, unloads all models, ends the workers. Resolves when all is done or the
   * drain deadline has passed; the same promise for every call.
   */
  stop(): Promise<void>;
}
