import { Counter, Gauge, Histogram, type OpenMetricsContentType, Registry } from "prom-client";
import { FunctionNames, OTHER_FUNCTIONS } from "./function-names.ts";

/** A label beside `function`, with every value that it can have. */
export interface ExtraLabel {
  readonly name: string;
  readonly values: readonly string[];
}

/** A value that this kernel or cgroup mode could not give: it is passed over, never taken for a 0. */
type Unknown = null | undefined;

/** The series of one metric that belong to one function. */
interface SeriesOfFunction {
  /** Lets counters begin at 0, so that the first event is an increase that a query sees. */
  begin(label: string): void;
  remove(label: string): void;
}

/**
 * One program's metrics, on a registry of their own, so that two programs in one process do not meet.
 *
 * Whatever is counted by function goes through here, which bounds the label sets: a deleted function's series are
 * removed, and functions above the cap share one series.
 */
export class Instruments {
  /** OpenMetrics, since prom-client takes exemplars on no other; `expose` writes both formats of it. */
  readonly registry = new Registry<OpenMetricsContentType>();
  readonly #names: FunctionNames;
  readonly #series: SeriesOfFunction[] = [];

  constructor(maxFunctions: number) {
    this.#names = new FunctionNames(maxFunctions);
    this.registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  }

  /** Begins the series of functions that are new, and removes those of functions that are gone. */
  retainFunctions(names: readonly string[]): void {
    for (const gone of this.#names.retain(names)) for (const series of this.#series) series.remove(gone);
    for (const name of names) this.labelFor(name);
  }

  /** The value of the label `function` for a function. */
  labelFor(functionName: string): string {
    const { label, isNew } = this.#names.admit(functionName);
    if (isNew) for (const series of this.#series) series.begin(label);
    return label;
  }

  /** A counter by function and at most one more label. */
  counterByFunction(name: string, help: string, extra: ExtraLabel = { name: "", values: [""] }) {
    const labelNames = extra.name === "" ? ["function"] : ["function", extra.name];
    const counter = new Counter({ name, help, labelNames, registers: [this.registry] });
    const labelsOf = (label: string, value: string): Record<string, string> =>
      extra.name === "" ? { function: label } : { function: label, [extra.name]: value };
    this.#series.push({
      begin: (label) => {
        for (const value of extra.values) counter.inc(labelsOf(label, value), 0);
      },
      remove: (label) => {
        for (const value of extra.values) counter.remove(labelsOf(label, value));
      },
    });
    return (functionName: string, amount: number | Unknown, extraValue = "") => {
      if (amount === null || amount === undefined) return;
      counter.inc(labelsOf(this.labelFor(functionName), extraValue), amount);
    };
  }

  /** A gauge by function; null removes the series, since no limit is not a limit of 0. */
  gaugeByFunction(name: string, help: string) {
    const gauge = new Gauge({ name, help, labelNames: ["function"], registers: [this.registry] });
    this.#series.push({ begin: () => {}, remove: (label) => gauge.remove(label) });
    return (functionName: string, value: number | null) => {
      const label = this.labelFor(functionName);
      // What functions above the cap have in common is no value of any of them.
      if (label === OTHER_FUNCTIONS) return;
      if (value === null) gauge.remove(label);
      else gauge.set({ function: label }, value);
    };
  }

  /** A histogram by function; the invocation's id stands in the exemplar of the bucket. */
  histogramByFunction(name: string, help: string, buckets: readonly number[]) {
    const histogram = new Histogram({
      name,
      help,
      labelNames: ["function"],
      buckets: [...buckets],
      enableExemplars: true,
      registers: [this.registry],
    });
    this.#series.push({ begin: () => {}, remove: (label) => histogram.remove(label) });
    return (functionName: string, value: number | Unknown, invocationId?: string) => {
      if (value === null || value === undefined) return;
      const labels = { function: this.labelFor(functionName) };
      histogram.observe({ labels, value, exemplarLabels: exemplarOf(invocationId) });
    };
  }
}

/** OpenMetrics allows an exemplar 128 characters, name included; a producer's job id can be longer. */
const MAX_EXEMPLAR_LENGTH = 128;

function exemplarOf(invocationId: string | undefined): Record<string, string> {
  const fits =
    invocationId !== undefined && "invocation_id".length + invocationId.length <= MAX_EXEMPLAR_LENGTH;
  return fits ? { invocation_id: invocationId } : {};
}
