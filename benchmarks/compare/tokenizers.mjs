// Hugging Face's Rust tokenizers, for tokenizers.py: folder, file of texts and "cold" or "warm" on a line of the standard input; seconds and tokens on the output.
// The package is found in node_modules of the current directory. One thread: RAYON_NUM_THREADS and TOKENIZERS_PARALLELISM are set by tokenizers.py.
import fs from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import { createRequire } from 'node:module';

const { Tokenizer } = createRequire(path.join(process.cwd(), 'package.json'))('tokenizers');
const warm = new Map(), texts = new Map();

for await (const line of readline.createInterface({ input: process.stdin })) {
    const [folder, file, kind] = line.split('\t');
    const load = () => Tokenizer.fromFile(path.join(folder, 'tokenizer.json'));
    if (!warm.has(folder)) warm.set(folder, load());
    if (!texts.has(file)) texts.set(file, JSON.parse(fs.readFileSync(file, 'utf8')));
    const tokenizer = kind === 'cold' ? load() : warm.get(folder);
    const start = performance.now();
    let tokens = 0;
    // In batches, as one call for a text costs more than the text.
    for (let i = 0; i < texts.get(file).length; i += 1000) {
        for (const encoding of await tokenizer.encodeBatch(texts.get(file).slice(i, i + 1000))) tokens += encoding.getLength();
    }
    console.log(`${(performance.now() - start) / 1000} ${tokens}`);
}
