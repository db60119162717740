namespace Microsoft.ML.Clip.Benchmarks;

/// <summary>Texts to ids, padded to the context, on one thread.</summary>
internal static class TokenizeContestants
{
    /// <summary>The tokenizer keeps no cache, so there is no difference between texts that it has seen and others.</summary>
    public static Contestant Clip(Workload workload)
    {
        string[] texts = workload.Texts;
        var tokenizer = ClipTokenizer.Load(workload.Model(ClipShape.ViTB32));
        int[] ids = new int[tokenizer.ContextLength];
        return () =>
        {
            foreach (string text in texts)
            {
                tokenizer.EncodeToContext(text, ids, out _);
            }
            tokenizer.EncodeToContext(texts[0], ids, out _);
            return (texts.Length, Array.ConvertAll(ids, id => (float)id));
        };
    }
}
