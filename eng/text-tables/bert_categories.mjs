// Writes BertCategories.txt: for every code point, what Hugging Face's BertNormalizer and BertPreTokenizer take it for. They ask a crate whose tables are of
// Unicode 8, so today's Unicode data does not give their answers; the library is asked itself, once for each code point.
//
// usage: npm install tokenizers@0.23.2 && node bert_categories.mjs OUTPUT_FOLDER
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';

const tokenizers = createRequire(path.join(process.cwd(), 'package.json'))('tokenizers');
const clean = tokenizers.bertNormalizer({ cleanText: true, handleChineseChars: false, stripAccents: false, lowercase: false });
const strip = tokenizers.bertNormalizer({ cleanText: false, handleChineseChars: false, stripAccents: true, lowercase: false });
const split = tokenizers.bertPreTokenizer();

const kinds = {
    R: text => clean.normalizeString(text) === 'ab',
    M: text => strip.normalizeString(text) === 'ab',
    P: text => split.preTokenizeString(text).length === 3,
};
const lines = [
    '# What BertNormalizer and BertPreTokenizer of Hugging Face\'s tokenizers 0.23.2 take code points for, in hexadecimal. Made by eng/text-tables/bert_categories.mjs.',
    '# KIND FIRST-LAST. R: removed by clean_text. M: a nonspacing mark, removed by strip_accents. P: punctuation, a word by itself.',
];
for (const [kind, has] of Object.entries(kinds)) {
    let first = -1;
    for (let c = 0; c <= 0x110000; c++) {
        const isIn = c < 0x110000 && !(c >= 0xD800 && c < 0xE000) && has(`a${String.fromCodePoint(c)}b`);
        if (isIn && first < 0) first = c;
        if (!isIn && first >= 0) {
            lines.push(`${kind} ${first.toString(16).toUpperCase()}-${(c - 1).toString(16).toUpperCase()}`);
            first = -1;
        }
    }
}
fs.writeFileSync(path.join(process.argv[2], 'BertCategories.txt'), lines.join('\n') + '\n');
