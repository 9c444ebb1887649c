import { MayflyError } from "@mayfly/contract";

/** Why a gateway that is being stopped takes nothing new. */
export function drainingError(): MayflyError {
  return new MayflyError(
    "draining",
    "This gateway is being stopped. Send the request again, to another one.",
  );
}
