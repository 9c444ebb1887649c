import { environmentSchema, readEnvironment } from "@mayfly/contract";
import type { ClientOptions } from "./client.ts";
import { EXIT } from "./exit-codes.ts";
import { Failure } from "./failure.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** Variables of the client commands; the programs' own are in the contract. */
export const CLIENT_VARIABLES: readonly (readonly [name: string, help: string])[] = [
  [
    "MAYFLY_URL",
    "the gateway's address (default: http://MAYFLY_HOST:MAYFLY_PORT, that is http://127.0.0.1:8080)",
  ],
  ["MAYFLY_API_KEY", "an API key, where the gateway asks for one (default: MAYFLY_ADMIN_KEY)"],
];

/** Where the gateway is and who asks. */
export function readClientConfig(env: Env): ClientOptions {
  const apiKey = env["MAYFLY_API_KEY"] || env["MAYFLY_ADMIN_KEY"] || null;
  const url = env["MAYFLY_URL"];
  if (url) return { url: checkedUrl(url), apiKey };
  const { MAYFLY_HOST: host, MAYFLY_PORT: port } = readProgramConfig(env);
  return { url: gatewayUrl(host, port), apiKey };
}

/** Where a gateway that listens on this address is reached from the same machine. */
export function gatewayUrl(host: string, port: number): string {
  const reachable = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return `http://${reachable.includes(":") ? `[${reachable}]` : reachable}:${port}`;
}

/** @throws Failure `usage` that names each variable that is wrong */
export function readProgramConfig(env: Env) {
  try {
    return readEnvironment(env);
  } catch (cause) {
    throw new Failure(EXIT.usage, "environment", cause instanceof Error ? cause.message : String(cause), {
      cause,
    });
  }
}

/** Every variable of the programs, with its help and its default. */
export function programVariables(): { name: string; help: string; default: string | null }[] {
  return Object.entries(environmentSchema.shape).map(([name, schema]) => {
    const fallback = schema.safeParse(undefined);
    return {
      name,
      help: schema.description ?? "",
      default: fallback.success ? shownDefault(fallback.data) : null,
    };
  });
}

function shownDefault(value: unknown): string | null {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return null;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function checkedUrl(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw new Failure(
    EXIT.usage,
    "environment",
    `MAYFLY_URL is "${text}"; it takes an address such as http://127.0.0.1:8080.`,
  );
}
