import { problemSchema } from "@mayfly/contract";
import { EXIT } from "./exit-codes.ts";
import { Failure } from "./failure.ts";

export interface ClientOptions {
  readonly url: string;
  readonly apiKey: string | null;
}

/** The gateway as the commands see it. */
export interface Client {
  readonly url: string;
  /** Any answer, also one that refuses. @throws Failure `unreachable` */
  request(method: string, path: string, init?: RequestOptions): Promise<Response>;
  /** The JSON of an answer that does not refuse. @throws Failure with the gateway's own code and words */
  json<T>(method: string, path: string, init?: RequestOptions): Promise<T>;
}

export interface RequestOptions {
  /** Sent as JSON. */
  readonly json?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export function createClient({ url, apiKey }: ClientOptions): Client {
  const base = url.replace(/\/+$/, "");
  const request: Client["request"] = async (method, path, { json, headers = {}, signal } = {}) => {
    try {
      return await fetch(base + path, {
        method,
        redirect: "manual",
        headers: {
          ...(apiKey === null ? {} : { authorization: `Bearer ${apiKey}` }),
          ...(json === undefined ? {} : { "content-type": "application/json" }),
          ...headers,
        },
        ...(json === undefined ? {} : { body: JSON.stringify(json) }),
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (cause) {
      if (signal?.aborted) throw new Failure(EXIT.interrupted, "interrupted", "Interrupted.", { cause });
      throw unreachable(base, cause);
    }
  };
  return {
    url: base,
    request,
    async json<T>(method: string, path: string, init?: RequestOptions) {
      const answer = await request(method, path, init);
      if (!answer.ok) throw await refusalOf(answer);
      const text = await answer.text();
      return (text === "" ? null : JSON.parse(text)) as T;
    },
  };
}

function unreachable(url: string, cause: unknown): Failure {
  // fetch says only that it failed; the reason stands one level below.
  const { code, message } = (cause as { cause?: { code?: string; message?: string } }).cause ?? {};
  const reason = code ?? message ?? String(cause);
  return new Failure(
    EXIT.unreachable,
    "unreachable",
    `No gateway answers at ${url} (${reason}). Start one with \`npm start\`, or name another with MAYFLY_URL.`,
    { facts: { url }, cause },
  );
}

/** What a refusing answer says, as a Failure with its own code. */
export async function refusalOf(answer: Response): Promise<Failure> {
  const text = await answer.text();
  const exitCode = answer.status >= 500 ? EXIT.mayflyFailed : EXIT.refused;
  try {
    const { code, detail, status, ...facts } = problemSchema.parse(JSON.parse(text));
    const message = code === "unauthenticated" ? `${detail} The CLI takes it from MAYFLY_API_KEY.` : detail;
    return new Failure(exitCode, code, message, { facts: { status, ...facts } });
  } catch {
    const said = text.slice(0, 200).trim() || answer.statusText;
    return new Failure(exitCode, "unexpectedAnswer", `The gateway answered ${answer.status}: ${said}`, {
      facts: { status: answer.status },
    });
  }
}
