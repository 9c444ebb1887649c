import { answering, failureOf, type Questions } from "./answers.ts";

/** (module (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add)) */
const ADD = Buffer.from(
  "0061736d0100000001070160027f7f017f030201000707010361646400000a09010700200020016a0b",
  "hex",
);

interface Instance {
  readonly exports: { readonly add: (a: number, b: number) => number };
}

/** As far as it is used here; TypeScript has its types in the browser's library only. */
const wasm = (
  globalThis as unknown as {
    readonly WebAssembly: {
      readonly Module: { new (bytes: Uint8Array): object; exports(module: object): unknown };
      readonly Instance: new (module: object) => Instance;
      readonly Memory: new (size: object) => { buffer: ArrayBuffer; grow(pages: number): number };
      validate(bytes: Uint8Array): boolean;
      instantiate(bytes: Uint8Array): Promise<{ module: object; instance: Instance }>;
      compileStreaming(response: Response): Promise<object>;
      instantiateStreaming(response: Response): Promise<{ instance: Instance }>;
    };
  }
).WebAssembly;

const addOf = ({ exports }: Instance) => exports.add(40, 2);
const response = () => new Response(ADD, { headers: { "content-type": "application/wasm" } });

export const questions: Questions = {
  "compiled at once": () => addOf(new wasm.Instance(new wasm.Module(ADD))),
  "compiled on V8's threads": async () => {
    const { instance, module } = await wasm.instantiate(ADD);
    return [addOf(instance), wasm.Module.exports(module), wasm.validate(ADD)];
  },
  "compiled as it streams in": async () => {
    const module = await wasm.compileStreaming(response());
    const { instance } = await wasm.instantiateStreaming(response());
    return [addOf(new wasm.Instance(module)), addOf(instance)];
  },
  "memory grows as far as it may": async () => {
    const memory = new wasm.Memory({ initial: 1, maximum: 4 });
    memory.grow(2);
    return [memory.buffer.byteLength, await failureOf(() => memory.grow(9))];
  },
};

export default answering(questions);
