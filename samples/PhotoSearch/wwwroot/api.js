// What the server can be asked. Every call ends in an answer or in an error with a sentence for people.

async function ask(address, options) {
  let answer;
  try {
    answer = await fetch(address, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("The program does not answer. Is it still running?");
  }
  if (answer.ok) return answer.json();
  const problem = await answer.json().catch(() => ({}));
  throw new Error(problem.detail ?? explain(answer.status));
}

function explain(status) {
  return status === 404 ? "There is no such photograph any more."
    : status === 413 ? "This picture is too large."
    : status === 503 ? "Too much is going on just now. Try again in a moment."
    : `The program could not do that (${status}).`;
}

export const status = () => ask("/api/status");
export const latest = (count, signal) => ask(`/api/photographs?count=${count}`, { signal }).then(photographs => ({ photographs }));
export const unreadable = signal => ask("/api/unreadable", { signal });
export const duplicates = (least, signal) => ask(`/api/duplicates?least=${least}`, { signal });
export const map = (region, signal) => ask(`/api/map?${new URLSearchParams(region)}`, { signal }).then(answer => ({ answer, asked: region }));
export const search = (text, count, signal) => ask(`/api/search?text=${encodeURIComponent(text)}&count=${count}`, { signal });
export const similar = (id, count, signal) => ask(`/api/photographs/${id}/similar?count=${count}`, { signal });
export const searchByPicture = (file, count, signal) => ask(`/api/search?count=${count}`,
  { method: "POST", body: file, headers: { "Content-Type": "application/octet-stream" }, signal });
export const searchByExamples = (like, unlike, count, signal) => ask(`/api/examples?count=${count}`,
  { method: "POST", body: JSON.stringify({ like, unlike }), headers: { "Content-Type": "application/json" }, signal });
