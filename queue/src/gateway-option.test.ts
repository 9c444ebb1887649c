import type { GatewayOption } from "@mayfly/contract";
import { expect, test } from "vitest";
import { decodeGatewayOption, encodeGatewayOption } from "./gateway-option.ts";

const OPTION: GatewayOption = {
  format: 1,
  version: "v",
  tenant: "default",
  acceptedAt: 1,
  http: null,
  traceparent: null,
  sync: { replyTo: "mf:reply:x", beginBefore: 2 },
};

test("the gateway's option comes back as it was, and a producer's job has none", () => {
  expect(decodeGatewayOption(encodeGatewayOption(OPTION))).toEqual(OPTION);
  expect(decodeGatewayOption(undefined)).toBeNull();
});

test.each([{ tenant: "admin" }, "not json", '{"format":2}', 1, null])("%j is not the gateway's", (option) => {
  expect(() => decodeGatewayOption(option)).toThrow();
});
