using Microsoft.ML.Clip;
using Microsoft.ML.Data;

namespace Microsoft.ML;

public static partial class ClipCatalog
{
    /// <summary>Trains the linear probe of the CLIP paper, logistic regression on frozen features; see <see cref="ClipLinearProbeTrainer"/>.</summary>
    /// <param name="catalog">The trainers catalog.</param>
    /// <param name="labelColumnName">The column to learn: a key.</param>
    /// <param name="featureColumnName">The column to learn from: a vector of <see cref="float"/> of known size.</param>
    /// <param name="options">Further settings; <see langword="null"/> means a sweep for the regularisation, on a fifth of the rows.</param>
    /// <exception cref="ArgumentNullException">The catalog is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public static ClipLinearProbeTrainer ClipLinearProbe(this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog,
        string labelColumnName = DefaultColumnNames.Label, string featureColumnName = DefaultColumnNames.Features,
        ClipLinearProbeTrainer.Options? options = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return new(CatalogUtils.GetEnvironment(catalog), labelColumnName, featureColumnName, options ?? new());
    }

    /// <summary>
    /// Takes some rows of each class, at random, for few-shot experiments: with 1, 2, 4, 8 and 16 it gives the training sets of the paper's figure 6.
    /// The rows keep their order; other columns stay uncomputed, so it belongs before an expensive step such as <see cref="ClipImageEmbedding"/>.
    /// </summary>
    /// <param name="catalog">The data catalog.</param>
    /// <param name="input">The rows; their labels are read once, now. Has to give the same rows in the same order each time it is read.</param>
    /// <param name="count">How many rows of each class, at least 1. Of a class that has fewer, all are taken, with a warning.</param>
    /// <param name="labelColumnName">The column of classes: a key or text. Rows without a label are not taken.</param>
    /// <param name="seed">Decides which rows; <see langword="null"/> means drawn from the <see cref="MLContext"/>, which has a seed of its own.</param>
    /// <exception cref="ArgumentNullException">The catalog or the input is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The count is below 1, or the label column is missing or neither key nor text.</exception>
    public static IDataView TakePerClass(this DataOperationsCatalog catalog, IDataView input, int count, string labelColumnName = DefaultColumnNames.Label,
        int? seed = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(input);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        return SelectedRowsView.TakePerClass(CatalogUtils.GetEnvironment(catalog), input, count, labelColumnName, seed);
    }
}
