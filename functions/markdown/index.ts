import { Marked, type Tokens } from "marked";

interface MarkdownEvent {
  readonly markdown: string;
  /** `page`: a whole document with the first heading as its title. */
  readonly as?: "fragment" | "page";
}

interface Heading {
  readonly level: number;
  readonly text: string;
  readonly id: string;
}

/** Gives the HTML and the headings, each with the id that a link can point at. Raw HTML in the source is shown, not run. */
export default function markdown({ markdown, as = "fragment" }: MarkdownEvent) {
  if (typeof markdown !== "string") throw new TypeError('the event is { "markdown": "# Text" }');
  const headings: Heading[] = [];
  const html = createRenderer(headings).parse(markdown, { async: false });
  const title = headings[0]?.text ?? "Untitled";
  return { title, headings, html: as === "page" ? page(title, html) : html };
}

function createRenderer(headings: Heading[]): Marked {
  const taken = new Map<string, number>();
  return new Marked({
    gfm: true,
    renderer: {
      heading({ tokens, depth, text }: Tokens.Heading) {
        const id = uniqueId(slugOf(text), taken);
        headings.push({ level: depth, text, id });
        return `<h${depth} id="${id}">${this.parser.parseInline(tokens)}</h${depth}>\n`;
      },
      html({ text }: Tokens.HTML | Tokens.Tag) {
        return escapeHtml(text);
      },
      link({ href, tokens }: Tokens.Link) {
        const text = this.parser.parseInline(tokens);
        return isSafe(href) ? `<a href="${escapeHtml(href)}">${text}</a>` : text;
      },
    },
  });
}

/** A `javascript:` link in somebody else's text runs in the reader's page. */
function isSafe(href: string): boolean {
  const url = URL.parse(href, "https://relative.invalid");
  return url !== null && ["http:", "https:", "mailto:"].includes(url.protocol);
}

function slugOf(text: string): string {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? ["section"];
  return words.join("-");
}

function uniqueId(slug: string, taken: Map<string, number>): string {
  const seen = taken.get(slug) ?? 0;
  taken.set(slug, seen + 1);
  return seen === 0 ? slug : `${slug}-${seen}`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

function page(title: string, body: string): string {
  return `<!doctype html>\n<html>\n<head><meta charset="utf-8"><title>${escapeHtml(title)}</title></head>\n<body>\n${body}</body>\n</html>\n`;
}
