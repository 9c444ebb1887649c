/** The parts of GitHub's payloads that the routes read. */
export interface WebhookPayload {
  readonly action?: string;
  readonly zen?: string;
  readonly ref?: string;
  readonly repository?: { readonly full_name: string };
  readonly sender?: { readonly login: string };
  readonly commits?: readonly { readonly id: string; readonly message: string }[];
  readonly pull_request?: { readonly number: number; readonly title: string; readonly merged: boolean };
  readonly issue?: { readonly number: number; readonly title: string };
}

type Route = (payload: WebhookPayload) => string;

/** What is done for each event, by the name that GitHub gives it in `X-GitHub-Event`. */
export const routes: Readonly<Record<string, Route>> = {
  ping: ({ zen }) => `GitHub says: ${zen}`,

  push({ ref, commits = [], repository, sender }) {
    const branch = ref?.replace(/^refs\/heads\//, "");
    const subjects = commits.map(({ id, message }) => `${id.slice(0, 7)} ${message.split("\n")[0]}`);
    return `${sender?.login} pushed ${commits.length} to ${repository?.full_name}#${branch}: ${subjects.join("; ")}`;
  },

  pull_request({ action, pull_request: pull, sender }) {
    const verb = action === "closed" && pull?.merged ? "merged" : action;
    return `${sender?.login} ${verb} pull request ${pull?.number}: ${pull?.title}`;
  },

  issues: ({ action, issue, sender }) => `${sender?.login} ${action} issue ${issue?.number}: ${issue?.title}`,
};
