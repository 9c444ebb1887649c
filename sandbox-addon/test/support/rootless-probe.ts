import { probe } from "../../src/index.ts";

const [cgroupParent = ""] = process.argv.slice(2);
console.log(JSON.stringify(await probe({ cgroupParent, allowWithout: [], hostUid: 65_533 })));
