namespace Microsoft.ML.Clip;

/// <summary>Replaces every run of white space (<c>\s+</c>) by one text, ordinarily one space.</summary>
internal sealed class CollapseWhiteSpace(string replacement) : NormalizationStep
{
    public const string Pattern = @"\s+";

    public static CollapseWhiteSpace ToSpace { get; } = new(" ");

    public string Replacement => replacement;

    public override void Apply(scoped ReadOnlySpan<char> text, ref ValueList<char> output)
    {
        bool inRun = false;
        foreach (char c in text)
        {
            // Exactly Unicode's White_Space, which is what \s means in the references; all of it lies in the basic plane.
            bool isSpace = char.IsWhiteSpace(c);
            if (!isSpace)
            {
                output.Add(c);
            }
            else if (!inRun)
            {
                output.AddRange(replacement);
            }
            inRun = isSpace;
        }
    }
}
