// The contestants of compare.py that run on transformers.js with onnxruntime-node. The protocol is that of worker.py.
// Arguments: the workload's folder. The packages are found in node_modules of the current directory.
import { createRequire } from 'node:module';
import fs from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import { pathToFileURL } from 'node:url';

const require = createRequire(path.join(process.cwd(), 'package.json'));
const { AutoProcessor, AutoTokenizer, CLIPVisionModelWithProjection, RawImage, env } =
    await import(pathToFileURL(require.resolve('@huggingface/transformers')));

const workload = process.argv[2];
env.allowRemoteModels = false;
env.allowLocalModels = true;
env.localModelPath = path.join(workload, 'models');

const photographs = fs.readdirSync(path.join(workload, 'photographs')).sort().map(f => path.join(workload, 'photographs', f));
const repeats = 1, repeatsOfTiny = 2;

async function pipeline(name, batch, dtype = 'fp32') {
    const processor = await AutoProcessor.from_pretrained(name);
    const model = await CLIPVisionModelWithProjection.from_pretrained(name, { dtype, device: 'cpu' });
    const passes = name === 'tiny' ? repeatsOfTiny : repeats;
    return async () => {
        let sample = null;
        for (let r = 0; r < passes; r++) {
            for (let i = 0; i < photographs.length; i += batch) {
                const images = await Promise.all(photographs.slice(i, i + batch).map(f => RawImage.read(f)));
                const { image_embeds } = await model(await processor(images));
                sample ??= Array.from(image_embeds.data.slice(0, image_embeds.dims[1]));
            }
        }
        return [passes * photographs.length, sample];
    };
}

async function tokenise(cold) {
    const load = () => AutoTokenizer.from_pretrained('vit-b-32');
    const texts = fs.readFileSync(path.join(workload, 'texts.txt'), 'utf8').split('\n').filter(t => t);
    const shared = await load();
    let fresh = cold ? await load() : null;
    return async () => {
        const tokenizer = cold ? fresh ?? await load() : shared;
        const began = performance.now();
        for (const text of texts) tokenizer.encode(text);
        const seconds = (performance.now() - began) / 1000;
        if (cold) fresh = await load();
        return [texts.length, tokenizer.encode(texts[0]), seconds];
    };
}

const create = {
    'pipeline transformers.js-1': () => pipeline('vit-b-32', 1),
    'pipeline transformers.js-8': () => pipeline('vit-b-32', 8),
    'pipeline transformers.js-16': () => pipeline('vit-b-32', 16),
    // "q8" is the file with the suffix _quantized.
    'variants transformers.js-q8-1': () => pipeline('vit-b-32', 1, 'q8'),
    'variants transformers.js-q8-8': () => pipeline('vit-b-32', 8, 'q8'),
    'variants transformers.js-q8-16': () => pipeline('vit-b-32', 16, 'q8'),
    'pipeline-tiny transformers.js-1': () => pipeline('tiny', 1),
    'pipeline-tiny transformers.js-8': () => pipeline('tiny', 8),
    'tokenise transformers.js-cold': () => tokenise(true),
    'tokenise transformers.js-warm': () => tokenise(false),
};

const ready = {};
for await (const line of readline.createInterface({ input: process.stdin })) {
    if (!ready[line]) {
        ready[line] = await create[line]();
        await ready[line]();
    }
    const began = performance.now();
    const [items, sample, own] = await ready[line]();
    const seconds = own ?? (performance.now() - began) / 1000;
    console.log(`${seconds} ${items} ${(sample ?? []).map(Number).join(',')}`);
}
process.exit(0);
