import type { HttpRequest } from "@mayfly/contract";
import { describe, expect, test } from "vitest";
import { eventOf } from "./event.ts";

const request = (
  method: string,
  headers: Record<string, string> = {},
  more: Partial<HttpRequest> = {},
): Omit<HttpRequest, "rawBody"> => ({
  method,
  path: "/",
  query: "",
  headers: Object.entries(headers),
  remoteAddress: "10.0.0.9",
  origin: "http://mayfly.example:8080",
  ...more,
});
const json = { "content-type": "application/json" };
const event = (...args: Parameters<typeof eventOf> extends [infer R, infer B, unknown] ? [R, B] : never) => {
  const made = eventOf(args[0], args[1], 1000);
  return { value: JSON.parse(made.json), rawBody: made.rawBody };
};

describe("a JSON body", () => {
  test("is the event, and travels once where it is compact", () => {
    expect(event(request("POST", json), Buffer.from('{"a":[1,"é"]}'))).toEqual({
      value: { a: [1, "é"] },
      rawBody: null,
    });
  });

  test("is kept byte by byte beside the event where it is not compact", () => {
    const body = Buffer.from('{ "a" : 1.0 }');
    expect(event(request("POST", json), body)).toEqual({ value: { a: 1 }, rawBody: body.toString("base64") });
  });

  test.each(["application/json; charset=utf-8", "application/cloudevents+json", "APPLICATION/JSON"])(
    "may call itself %s",
    (type) => {
      expect(event(request("PUT", { "content-type": type }), Buffer.from("[1]")).value).toEqual([1]);
    },
  );

  test("that is broken is refused with the place", () => {
    expect(() => eventOf(request("POST", json), Buffer.from('{"a":\n x}'), 0)).toThrow(
      expect.objectContaining({ code: "invalidJson", message: expect.stringContaining("line 2, column 2") }),
    );
  });

  test("that is nested too deeply is refused", () => {
    const deep = Buffer.from("[".repeat(100_000) + "]".repeat(100_000));
    expect(() => eventOf(request("POST", json), deep, 0)).toThrow(
      expect.objectContaining({ code: "invalidJson" }),
    );
  });

  test("that is not UTF-8 is refused", () => {
    expect(() => eventOf(request("POST", json), Buffer.from([0x22, 0xff, 0x22]), 0)).toThrow(/UTF-8/);
  });

  test.each(["application/x-www-form-urlencoded", "text/plain;charset=UTF-8", ""])(
    "counts as JSON under the label %o, which clients put on unasked",
    (type) => {
      const headers = type === "" ? {} : { "content-type": type };
      expect(event(request("POST", headers), Buffer.from('{"a":1}')).value).toEqual({ a: 1 });
    },
  );
});

describe("an empty body", () => {
  test.each(["POST", "PUT", "PATCH"])("is the event null with %s", (method) => {
    expect(event(request(method, json), Buffer.alloc(0))).toEqual({ value: null, rawBody: "" });
  });

  test("is an HTTP event with GET", () => {
    const { value } = event(
      request("GET", { "user-agent": "me", cookie: "a=1" }, { path: "/a%20b", query: "x=1&x=2&y=%C3%A9" }),
      Buffer.alloc(0),
    );
    expect(value).toEqual({
      version: "2.0",
      routeKey: "$default",
      rawPath: "/a%20b",
      rawQueryString: "x=1&x=2&y=%C3%A9",
      headers: { "user-agent": "me", cookie: "a=1" },
      queryStringParameters: { x: "1,2", y: "é" },
      requestContext: {
        domainName: "mayfly.example",
        timeEpoch: 1000,
        http: { method: "GET", path: "/a%20b", protocol: "HTTP/1.1", sourceIp: "10.0.0.9", userAgent: "me" },
      },
      isBase64Encoded: false,
    });
  });
});

describe("any other body", () => {
  test("a form arrives as text in an HTTP event", () => {
    const { value, rawBody } = event(
      request("POST", { "content-type": "application/x-www-form-urlencoded" }),
      Buffer.from("a=1&b=%7B"),
    );
    expect(value).toMatchObject({ body: "a=1&b=%7B", isBase64Encoded: false });
    expect(Buffer.from(rawBody ?? "", "base64").toString()).toBe("a=1&b=%7B");
  });

  test("bytes arrive in base64", () => {
    const bytes = Buffer.from([0, 255, 128]);
    expect(event(request("PUT", { "content-type": "image/png" }), bytes).value).toMatchObject({
      body: bytes.toString("base64"),
      isBase64Encoded: true,
    });
  });

  test("text that is not UTF-8 arrives in base64 rather than damaged", () => {
    expect(event(request("POST", { "content-type": "text/plain" }), Buffer.from([0xff])).value).toMatchObject(
      {
        isBase64Encoded: true,
      },
    );
  });

  test("compressed JSON is bytes, since it is the function's to unpack", () => {
    const { value } = event(
      request("POST", { ...json, "content-encoding": "gzip" }),
      Buffer.from([0x1f, 0x8b]),
    );
    expect(value).toMatchObject({ isBase64Encoded: true });
  });
});
