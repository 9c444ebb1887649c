import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { AnswerReader, type HttpAnswer } from "./http-answer.ts";

/**
 * One kept connection with one request at a time, and as little of HTTP as that takes: what the load generator uses
 * of the CPU is missing to what it measures. `node:http` would take several times as much.
 */
export class HttpConnection {
  readonly #socket: Socket;
  readonly #host: string;
  readonly #reader = new AnswerReader();
  #waiting: PromiseWithResolvers<HttpAnswer> | null = null;

  private constructor(socket: Socket, host: string) {
    this.#socket = socket;
    this.#host = host;
    socket.setNoDelay(true);
    socket.on("data", (chunk) => this.#take(chunk));
    socket.on("error", (error) => this.#fail(error));
    socket.on("close", () => this.#fail(new Error("the connection was closed before the answer")));
  }

  static async open(url: string): Promise<HttpConnection> {
    const { hostname, port, host } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port) });
    await once(socket, "connect");
    return new HttpConnection(socket, host);
  }

  /** @param json ASCII only: its length is its bytes */
  post(path: string, json: string): Promise<HttpAnswer> {
    const waiting = Promise.withResolvers<HttpAnswer>();
    this.#waiting = waiting;
    const head = `POST ${path} HTTP/1.1\r\nhost: ${this.#host}\r\ncontent-type: application/json`;
    this.#socket.write(`${head}\r\ncontent-length: ${json.length}\r\n\r\n${json}`, "latin1");
    return waiting.promise;
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    try {
      const answer = this.#reader.push(chunk);
      if (answer === null) return;
      this.#waiting?.resolve(answer);
      this.#waiting = null;
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  #fail(error: Error): void {
    this.#waiting?.reject(error);
    this.#waiting = null;
  }
}
