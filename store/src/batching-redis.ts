import { Redis } from "ioredis";

type Send = Parameters<Redis["sendCommand"]>;

/**
 * Sends all commands that one turn of the event loop asks for in one write. A write is a system call here and a wake-up
 * there, which both cost more than the commands; nothing waits for it longer than the turn lasts, and the order stays.
 *
 * (ioredis's own auto-pipelining makes a pipeline object of them, and slows down those who wait for each answer.)
 */
export class BatchingRedis extends Redis {
  override sendCommand(...[command, stream]: Send): unknown {
    this.#holdWrites();
    return super.sendCommand(command, stream);
  }

  #holdWrites(): void {
    // There is none before the first connection.
    const socket = this.stream as Redis["stream"] | undefined;
    if (socket === undefined || socket.writableCorked > 0) return;
    socket.cork();
    process.nextTick(() => socket.uncork());
  }
}
