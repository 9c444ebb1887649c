import { setImmediate as nextTurn } from "node:timers/promises";
import { Registry } from "prom-client";

/** A scrape's answer. */
export interface Exposition {
  readonly contentType: string;
  readonly body: string;
}

type Format = "prometheus" | "openMetrics";

/** One sample as prom-client's metrics give it; its declarations leave the exemplar out. */
interface Sample {
  readonly value: number;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly metricName?: string;
  readonly exemplar?: {
    readonly labelSet: Readonly<Record<string, string>>;
    readonly value: number;
    readonly timestamp: number;
  } | null;
}

interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly values: readonly Sample[];
}

/**
 * Writes every metric of a registry in the format that the scraper asked for.
 *
 * prom-client's own text is not used: an OpenMetrics scrape renames the counters for good (it takes `_total` off the
 * metric itself), so that one registry cannot serve both formats; and it writes all of it in one go, while a worker's
 * event loop has locks to renew. Here each family is a turn of the loop of its own.
 */
export async function expose(
  registry: Pick<Registry, "getMetricsAsArray">,
  accept: string | undefined,
): Promise<Exposition> {
  const format = negotiate(accept);
  const parts: string[] = [];
  for (const metric of registry.getMetricsAsArray() as unknown as { get(): Promise<Family> }[]) {
    parts.push(writeFamily(await metric.get(), format));
    await nextTurn();
  }
  if (format === "openMetrics") parts.push("# EOF\n");
  return {
    contentType:
      format === "openMetrics" ? Registry.OPENMETRICS_CONTENT_TYPE : Registry.PROMETHEUS_CONTENT_TYPE,
    body: parts.join(""),
  };
}

/** OpenMetrics for whoever accepts it and does not prefer plain text (RFC 9110 §12.5.1). */
export function negotiate(accept: string | undefined): Format {
  const openMetrics = quality(accept, "application/openmetrics-text");
  return openMetrics > 0 && openMetrics >= quality(accept, "text/plain") ? "openMetrics" : "prometheus";
}

function quality(accept: string | undefined, type: string): number {
  let best = 0;
  for (const range of (accept ?? "").toLowerCase().split(",")) {
    const [name, ...parameters] = range.split(";").map((part) => part.trim());
    if (name !== type) continue;
    const q = parameters.find((parameter) => parameter.startsWith("q="));
    best = Math.max(best, q === undefined ? 1 : Number(q.slice(2)) || 0);
  }
  return best;
}

function writeFamily({ name, help, type, values }: Family, format: Format): string {
  // OpenMetrics names a counter's family without the `_total` that its samples carry.
  const family = format === "openMetrics" && type === "counter" ? name.replace(/_total$/, "") : name;
  let text = `# HELP ${family} ${escapeText(help)}\n# TYPE ${family} ${type}\n`;
  for (const sample of values) {
    const sampleName = sample.metricName ?? name;
    text += `${sampleName}${writeLabels(sample.labels)} ${writeNumber(sample.value)}`;
    if (format === "openMetrics" && sample.exemplar) {
      const { labelSet, value, timestamp } = sample.exemplar;
      text += ` # ${writeLabels(labelSet) || "{}"} ${writeNumber(value)} ${timestamp}`;
    }
    text += "\n";
  }
  return text;
}

function writeLabels(labels: Readonly<Record<string, string | number>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(String(value))}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function writeNumber(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (Number.isFinite(value)) return String(value);
  return value > 0 ? "+Inf" : "-Inf";
}

function escapeText(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function escapeLabel(text: string): string {
  return escapeText(text).replaceAll('"', '\\"');
}
