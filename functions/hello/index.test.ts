import { expect, it } from "vitest";
import { exampleContext } from "../example-context.ts";
import example from "./example.json" with { type: "json" };
import hello from "./index.ts";

const context = exampleContext("hello");

it("greets the example by name, in its language", () => {
  expect(hello(example, context)).toMatchObject({
    message: "Hallo, Ephemera!",
    function: "hello",
    attempt: 1,
  });
});

it("greets the world in English where the body is empty", () => {
  expect(hello(null, context).message).toBe("Hello, world!");
});

it("falls back to English for a language it does not know", () => {
  expect(hello({ name: "Ada", language: "tlh" }, context).message).toBe("Hello, Ada!");
});
