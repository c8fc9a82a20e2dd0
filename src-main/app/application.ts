import type { UiMessage } from '../contracts/ui.ts';

/** The running application, as a host (a plain process or the desktop shell) sees it. */
export interface Application {
  /**
   * Where models are called now; while the endpoints are closed, as the last or next time. REST: `http://127.0.0.1:8501`;
   * gRPC: `127.0.0.1:8500`, undefined where it is off.
   */
  addresses(): { readonly restUrl: string; readonly grpcAddress: string | undefined };
  /** Opens the public endpoints where they are closed; resolves also when that fails, which {@link follow} tells. */
  startServing(): Promise<void>;
  /** Finishes what is in flight and closes the public endpoints; models stay loaded. */
  stopServing(): void;
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
