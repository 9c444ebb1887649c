// Forks one zygote many times, and prints what that left behind: node test/stress/forks.ts [count, default 20000]
import { forkMany } from "./fork-many.ts";

const count = Number(process.argv[2] ?? 20_000);
const { wrong, seconds, before, after, starts, leaked } = await forkMany(count, (done) =>
  console.error(`${done} of ${count}`),
);
console.log(`${count} calls in ${seconds.toFixed(1)} s, ${(count / seconds).toFixed(0)} a second`);
console.table({ before, after });
console.log({ wrong: wrong.length, leaked, ...starts });
for (const line of wrong.slice(0, 10)) console.log(line);
process.exitCode = wrong.length === 0 && leaked === 0 ? 0 : 1;
