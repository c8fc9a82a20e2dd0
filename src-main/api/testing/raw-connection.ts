import { connect, type Socket } from 'node:net';

/** One HTTP response as it came over the wire. Header names are in lower case. */
export interface RawResponse {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** A TCP connection that sends exactly the bytes it is told to, which no HTTP client does. */
export class RawConnection implements Disposable {
  readonly socket: Socket;
  #received = Buffer.alloc(0);
  #closed = false;
  #wake: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#wake();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#closed = true;
      this.#wake();
    });
  }

  static async open(port: number): Promise<RawConnection> {
    const socket = connect(port, '127.0.0.1');
    const connection = new RawConnection(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve).once('error', reject);
    });
    return connection;
  }

  send(data: string | Buffer): this {
    this.socket.write(data);
    return this;
  }

  /** Waits for one whole response with a Content-Length. @throws Error when the connection closes before. */
  async response({ hasBody = true } = {}): Promise<RawResponse> {
    const head = await this.until('\r\n\r\n');
    const [statusLine = '', ...lines] = head.trimEnd().split('\r\n');
    const headers = new Map(
      lines.map((line) => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
      }),
    );
    const length = hasBody ? Number(headers.get('content-length') ?? 0) : 0;
    await this.#wait(() => this.#received.length >= length);
    return { status: Number(statusLine.split(' ')[1]), headers, body: this.#take(length) };
  }

  /** Waits for this text and takes everything up to its end. */
  async until(text: string): Promise<string> {
    await this.#wait(() => this.#received.includes(text));
    return this.#take(this.#received.indexOf(text) + Buffer.byteLength(text));
  }

  /** Waits for so many bytes and takes them. */
  async bytes(count: number): Promise<Buffer> {
    await this.#wait(() => this.#received.length >= count);
    const taken = this.#received.subarray(0, count);
    this.#received = this.#received.subarray(count);
    return taken;
  }

  /** Resolves when the server has closed the connection, with what was left to read. */
  async closed(): Promise<string> {
    while (!this.#closed) await this.#next();
    return this.#take(this.#received.length);
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  #take(bytes: number): string {
    const taken = this.#received.subarray(0, bytes).toString();
    this.#received = this.#received.subarray(bytes);
    return taken;
  }

  async #wait(done: () => boolean): Promise<void> {
    while (!done()) {
      if (this.#closed) throw new Error(`the connection closed after ${JSON.stringify(this.#received.toString())}`);
      await this.#next();
    }
  }

  #next(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

/** Sends one request on a connection of its own and gives back the response. */
export async function rawRequest(
  port: number,
  requestLine: string,
  headers: readonly string[] = [`Host: 127.0.0.1:${port}`],
  body: string | Buffer = '',
): Promise<RawResponse> {
  using connection = await RawConnection.open(port);
  connection.send(`${[`${requestLine} HTTP/1.1`, ...headers].join('\r\n')}\r\n\r\n`);
  if (body.length > 0) connection.send(body);
  return await connection.response({ hasBody: !requestLine.startsWith('HEAD ') });
}

/** Headers and body of a POST, for {@link rawRequest}. */
export function posted(port: number, body: string | Buffer, ...more: readonly string[]): [readonly string[], Buffer] {
  const bytes = Buffer.from(body);
  return [[`Host: 127.0.0.1:${port}`, `Content-Length: ${bytes.length}`, ...more], bytes];
}
