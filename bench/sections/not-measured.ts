/** Why a trial has no figures: what it needs is not there, or it failed. It does not stop the rest. */
export interface NotMeasured {
  readonly notMeasured: string;
}

/** Runs what may fail, and gives the reason where it does. */
export async function orReason<T extends object>(measuring: () => Promise<T>): Promise<T | NotMeasured> {
  try {
    return await measuring();
  } catch (error) {
    return { notMeasured: (error as Error).message.split("\n")[0]?.slice(0, 300) ?? "it failed" };
  }
}
