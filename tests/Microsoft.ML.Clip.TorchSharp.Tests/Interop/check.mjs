// Runs exported models in onnxruntime-node and in transformers.js, and compares with what TorchSharp computed.
// usage: node check.mjs DIRECTORY, as the test Write_WhenAskedTo_ExportsAndTheirEmbeddings writes it
import fs from 'node:fs';
import path from 'node:path';
import * as ort from 'onnxruntime-node';
import { AutoTokenizer, CLIPTextModelWithProjection, CLIPVisionModelWithProjection, Tensor, env } from '@huggingface/transformers';

const root = path.resolve(process.argv[2]);
env.allowRemoteModels = false;
env.localModelPath = root + path.sep;

const limits = { fp32: 1e-5, fp16: 2e-3, int8: 1e-1 };
const suffix = { fp32: '', fp16: '_fp16', int8: '_int8' };
let failed = false;

// The largest difference to what is expected, after each row is divided by its norm.
function difference(values, expected, width) {
  let largest = values.length === expected.length ? 0 : Infinity;
  for (let row = 0; row < values.length; row += width) {
    const vector = values.slice(row, row + width);
    const norm = Math.hypot(...vector);
    for (let i = 0; i < width; i++) {
      const d = Math.abs(vector[i] / norm - expected[row + i]);
      largest = d <= largest ? largest : d;
    }
  }
  return largest;
}

for (const model of fs.readdirSync(root).sort()) {
  const expected = JSON.parse(fs.readFileSync(path.join(root, model, 'expected.json'), 'utf8'));
  const ids = BigInt64Array.from(expected.ids.flat(), BigInt);
  const pixels = Float32Array.from(expected.pixels);
  for (const precision of ['fp32', 'fp16', 'int8']) {
    const results = {};
    const file = (tower) => path.join(root, model, 'onnx', `${tower}_model${suffix[precision]}.onnx`);
    const vision = await ort.InferenceSession.create(file('vision'));
    const image = await vision.run({ pixel_values: new ort.Tensor('float32', pixels, expected.shape) });
    results['onnxruntime-node image'] = difference(image.image_embeds.data, expected.image_embeds, expected.dimension);
    const text = await ort.InferenceSession.create(file('text'));
    const encoded = await text.run({ input_ids: new ort.Tensor('int64', ids, [expected.ids.length, expected.ids[0].length]) });
    results['onnxruntime-node text'] = difference(encoded.text_embeds.data, expected.text_embeds, expected.dimension);

    const tokenizer = await AutoTokenizer.from_pretrained(model);
    const whole = tokenizer(expected.texts, { padding: 'max_length', truncation: true });
    if (JSON.stringify(whole.input_ids.tolist().map((row) => row.map(Number))) !== JSON.stringify(expected.ids)) {
      console.log(`${model}: transformers.js gives other ids`);
      failed = true;
    }
    const textModel = await CLIPTextModelWithProjection.from_pretrained(model, { dtype: precision });
    // Padded to the longest text only: the graph takes any length up to the context.
    const short = tokenizer(expected.texts, { padding: true, truncation: true });
    results[`transformers.js text, ${short.input_ids.dims[1]} of ${expected.ids[0].length} ids`] = difference((await textModel(short)).text_embeds.data, expected.text_embeds, expected.dimension);
    const visionModel = await CLIPVisionModelWithProjection.from_pretrained(model, { dtype: precision });
    const vectors = await visionModel({ pixel_values: new Tensor('float32', pixels, expected.shape) });
    results['transformers.js image'] = difference(vectors.image_embeds.data, expected.image_embeds, expected.dimension);

    for (const [what, d] of Object.entries(results)) {
      failed ||= !(d <= limits[precision]);
      console.log(`${model} ${precision}: ${what} ${d.toExponential(1)}`);
    }
  }
}
console.log(failed ? 'FAILED' : 'all within the tolerances');
process.exitCode = failed ? 1 : 0;
