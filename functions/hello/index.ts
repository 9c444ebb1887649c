import type { Context } from "@mayfly/contract";

const GREETINGS: Readonly<Record<string, string>> = {
  de: "Hallo",
  en: "Hello",
  es: "Hola",
  fr: "Bonjour",
  ja: "こんにちは",
};

interface Greeting {
  readonly name?: string;
  /** A language tag, such as `de-AT`; English where it is not known. */
  readonly language?: string;
}

export default function hello(event: Greeting | null, context: Context) {
  const { name = "world", language = "en" } = event ?? {};
  const primary = language.split("-")[0]?.toLowerCase() ?? "en";
  console.log(`greeting ${name} in ${primary}`);
  return {
    message: `${GREETINGS[primary] ?? GREETINGS["en"]}, ${name}!`,
    function: context.functionName,
    attempt: context.attempt,
    pid: process.pid,
  };
}
