import { createSocket, type Socket as DatagramSocket } from "node:dgram";
import dns from "node:dns";
import { once } from "node:events";
import http from "node:http";
import http2 from "node:http2";
import net from "node:net";
import tls from "node:tls";
import { promisify } from "node:util";
import { answering, failureOf, type Questions } from "./answers.ts";

const portOf = (server: net.Server) => (server.address() as net.AddressInfo).port;

async function listening<T extends net.Server>(server: T): Promise<T> {
  await once(server.listen(0, "127.0.0.1"), "listening");
  return server;
}

async function textOf(source: AsyncIterable<Buffer | string>): Promise<string> {
  let text = "";
  for await (const chunk of source) text += chunk.toString();
  return text;
}

/** TLS without a certificate: a key that both sides know. */
const PSK: tls.TlsOptions & tls.ConnectionOptions = {
  ciphers: "PSK",
  maxVersion: "TLSv1.2",
  pskCallback: () => ({ psk: Buffer.alloc(16, 7), identity: "me" }) as never,
  checkServerIdentity: () => undefined,
};

export const questions: Questions = {
  "dns.lookup finds localhost, on the thread pool": async () => [
    await promisify(dns.lookup)("localhost", { all: true }),
    await dns.promises.lookup("127.0.0.1"),
    await failureOf(() => dns.promises.lookup("nowhere.example")),
  ],
  "dns.resolve has nobody to ask": async () => [
    await failureOf(() => dns.promises.resolve4("nowhere.example")),
    dns.getServers(),
    dns.getDefaultResultOrder(),
  ],
  "a server and a client over TCP": async () => {
    const server = await listening(net.createServer((socket) => socket.pipe(socket)));
    const client = net.connect(portOf(server), "127.0.0.1");
    client.end("there and back");
    const text = await textOf(client);
    server.close();
    return text;
  },
  "a server and a client over a Unix socket, and an abstract one": async () => {
    const echo = async (path: string) => {
      const server = net.createServer((socket) => socket.pipe(socket)).listen(path);
      await once(server, "listening");
      const client = net.connect(path);
      client.end(path);
      const text = await textOf(client);
      server.close();
      return text;
    };
    return [await echo("/tmp/echo.sock"), await echo("\0abstract")];
  },
  datagrams: async () => {
    const bound = async (): Promise<DatagramSocket> => {
      const socket = createSocket("udp4");
      await once(socket.bind(0, "127.0.0.1"), "listening");
      return socket;
    };
    const [one, other] = [await bound(), await bound()];
    one.send("hello", other.address().port, "127.0.0.1");
    const [message] = (await once(other, "message")) as [Buffer];
    one.close();
    other.close();
    return message.toString();
  },
  "an HTTP server, asked by http.request with a body": async () => {
    const server = await listening(
      http.createServer(async (request, response) => {
        response.writeHead(201, { "x-method": request.method });
        response.end((await textOf(request)).toUpperCase());
      }),
    );
    const request = http.request({ port: portOf(server), host: "127.0.0.1", method: "PUT" });
    request.end("a body");
    const [response] = (await once(request, "response")) as [http.IncomingMessage];
    const answer = [response.statusCode, response.headers["x-method"], await textOf(response)];
    server.close();
    return answer;
  },
  "connections are kept alive and used again": async () => {
    let connections = 0;
    const server = http.createServer((_, response) => response.end("x"));
    server.on("connection", () => void connections++);
    await listening(server);
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    for (let i = 0; i < 3; i++) {
      const request = http.get({ port: portOf(server), host: "127.0.0.1", agent });
      const [response] = (await once(request, "response")) as [http.IncomingMessage];
      await textOf(response);
    }
    agent.destroy();
    server.close();
    return connections;
  },
  "fetch: headers, JSON, streams, an abort and a refusal": async () => {
    const server = await listening(
      http.createServer((request, response) => {
        if (request.url === "/slow") return;
        response.setHeader("content-type", "application/json");
        response.end(JSON.stringify({ url: request.url, agent: request.headers["user-agent"] }));
      }),
    );
    const url = `http://127.0.0.1:${portOf(server)}`;
    const answer = await fetch(`${url}/a?b=c`);
    const json = await answer.json();
    const abort = await failureOf(() => fetch(`${url}/slow`, { signal: AbortSignal.timeout(20) }));
    server.closeAllConnections();
    server.close();
    const refused = await fetch(url).catch((error: Error) => (error.cause as NodeJS.ErrnoException).code);
    return [answer.status, answer.headers.get("content-type"), json, abort, refused];
  },
  "fetch reads data: and blob: addresses": async () => [
    await (await fetch("data:text/plain,hello")).text(),
    await (await fetch(URL.createObjectURL(new Blob(["blob"])))).text(),
  ],
  "forms and multipart bodies": async () => {
    const form = new FormData();
    form.set("a", new File(["content"], "a.txt"));
    const back = await new Response(form).formData();
    return [(back.get("a") as File).name, await (back.get("a") as File).text()];
  },
  "HTTP/2 without TLS": async () => {
    const server = http2.createServer();
    server.on("stream", (stream) => {
      stream.respond({ ":status": 200 });
      stream.end("two");
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const client = http2.connect(`http://127.0.0.1:${(server.address() as net.AddressInfo).port}`);
    const text = await textOf(client.request({ ":path": "/" }));
    client.close();
    server.close();
    return text;
  },
  "TLS with a key that both sides know": async () => {
    const server = await listening(
      tls.createServer({ ...PSK, pskCallback: () => Buffer.alloc(16, 7) as never }, (socket) =>
        socket.end("sealed"),
      ),
    );
    const client = tls.connect({ ...PSK, port: portOf(server), host: "127.0.0.1" });
    await once(client, "secureConnect");
    const agreed = [client.getProtocol(), client.getCipher().name];
    const text = await textOf(client);
    server.close();
    return [text, agreed];
  },
  "an event source and a WebSocket are there": () => [typeof EventSource, typeof WebSocket],
  "block lists and addresses": () => {
    const list = new net.BlockList();
    list.addSubnet("10.0.0.0", 8);
    return [
      list.check("10.1.1.1"),
      list.check("11.1.1.1"),
      net.isIP("::1"),
      net.getDefaultAutoSelectFamily(),
    ];
  },
  "the outside cannot be reached": async () =>
    await failureOf(async () => {
      const socket = net.connect(80, "192.0.2.1");
      await once(socket, "connect");
    }),
  "nothing listens on loopback at the start, and no connection is left over": async () => {
    const { readFileSync } = await import("node:fs");
    return ["tcp", "tcp6", "udp", "unix"].map((kind) => {
      const lines = readFileSync(`/proc/self/net/${kind}`, "utf8").trim().split("\n").slice(1);
      // 06 is TIME_WAIT: of this function's own questions before.
      return lines.filter((line) => !/^ *\d+: \S+ \S+ 06 /.test(line)).length;
    });
  },
};

export default answering(questions);
