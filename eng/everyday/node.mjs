// Runs the everyday model in onnxruntime-node and compares with what .NET computed.
//   dotnet run -c Release --project samples/TrainLockedClip -- --expected      writes expected.json into the model's folder, and says where that is
//   npm install --ignore-scripts onnxruntime-node@1.30.0                       in an empty folder, with this file
//   node node.mjs FOLDER
import fs from 'node:fs';
import path from 'node:path';
import * as ort from 'onnxruntime-node';

const folder = path.resolve(process.argv[2]);
const expected = JSON.parse(fs.readFileSync(path.join(folder, 'expected.json'), 'utf8'));
const limit = 1e-4;

function difference(found, wanted) {
  let largest = found.length === wanted.length ? 0 : Infinity;
  for (let i = 0; i < found.length; i++) {
    const d = Math.abs(found[i] - wanted[i]);
    largest = d <= largest ? largest : d;
  }
  return largest;
}

// [1, 3, edge, edge], 0 to 1; mean and deviation are 0 and 1, all else is in the graph.
const { edge, rgb } = expected;
const pixels = new Float32Array(3 * edge * edge);
for (let i = 0; i < rgb.length; i++) {
  pixels[(i % 3) * edge * edge + Math.floor(i / 3)] = rgb[i] / 255;
}
const vision = await ort.InferenceSession.create(path.join(folder, 'onnx', 'vision_model.onnx'));
const image = (await vision.run({ pixel_values: new ort.Tensor('float32', pixels, [1, 3, edge, edge]) })).image_embeds;
const text = await ort.InferenceSession.create(path.join(folder, 'onnx', 'text_model.onnx'));
const ids = BigInt64Array.from(expected.ids.flat(), BigInt);
const texts = (await text.run({ input_ids: new ort.Tensor('int64', ids, [expected.ids.length, expected.ids[0].length]) })).text_embeds;

const found = { image: difference(image.data, expected.image), texts: difference(texts.data, expected.texts.flat()) };
for (const [what, d] of Object.entries(found)) {
  console.log(`${what}: the largest difference is ${d.toExponential(1)}`);
}
process.exit(Object.values(found).every((d) => d <= limit) ? 0 : 1);
