using System.Text;

namespace Microsoft.ML.Clip;

/// <summary>Published answers of people, and of models beside them, to the same images. Immutable.</summary>
public sealed record ClipHumanAnswers
{
    /// <summary>The names of the classes, in ordinal order; answers and labels are places in it.</summary>
    public required IReadOnlyList<string> ClassNames { get; init; }

    /// <summary>What people answered, file by file.</summary>
    public required IReadOnlyList<ClipHumanAnswer> People { get; init; }

    /// <summary>What models answered, file by file.</summary>
    public required IReadOnlyList<ClipHumanAnswer> Models { get; init; }

    /// <summary>
    /// Reads an experiment of Geirhos et al. (2019 and later; <c>raw-data/EXPERIMENT/*.csv</c> of texture-vs-shape and model-vs-human): a file for each
    /// person and model, with the columns <c>subj</c>, <c>object_response</c>, <c>category</c>, <c>condition</c>, <c>imagename</c>.
    /// </summary>
    /// <param name="folder">The folder of the experiment; one that has it below is taken as well.</param>
    /// <param name="isPerson">Says by the name in <c>subj</c> whether it is a person; <see langword="null"/>: people are called <c>subject-01</c> and so on.</param>
    /// <returns>The answers. "na" is no answer. An image has the name of its file, less trial, experiment and person, with its condition where there are
    /// several.</returns>
    /// <exception cref="IOException">There is no such folder, or a file cannot be read.</exception>
    /// <exception cref="InvalidDataException">There is no such file, there are those of several experiments, or a line does not fit; the message names it.</exception>
    public static ClipHumanAnswers FromGeirhos(string folder, Func<string, bool>? isPerson = null) => GeirhosFiles.Read(folder, isPerson);

    private bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
}
