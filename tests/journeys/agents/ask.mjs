// Asks the app as docs/api.md does, and prints the answers as JSON: node ask.mjs ADDRESS PICTURE
import { readFile } from "node:fs/promises";
import { Client } from "@gradio/client";

const [address, path] = process.argv.slice(2);
const picture = new Blob([await readFile(path)], { type: "image/png" });
const client = await Client.connect(address);
const predicted = await client.predict("/predict", { image: picture });
const explained = await client.predict("/gradcam", { image: picture, top_k: 10 });
const overlay = await (await fetch(explained.data[1].url)).arrayBuffer();
const refused = await client
  .predict("/gradcam", { image: picture, class_name: "zebra" })
  .then(() => null, (error) => error.message);
console.log(
  JSON.stringify({
    label: predicted.data[0],
    sentence: explained.data[3],
    overlay: Buffer.from(overlay).toString("base64"),
    refused,
  }),
);
process.exit(0); // the client keeps a connection open
