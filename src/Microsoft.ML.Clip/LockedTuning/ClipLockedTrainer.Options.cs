using System.Text;

namespace Microsoft.ML.Clip;

public sealed partial class ClipLockedTrainer
{
    /// <summary>Settings of <see cref="ClipLockedTrainer"/>.</summary>
    public sealed record Options
    {
        // A system of that order takes a gigabyte and minutes.
        private const int MostImageHiddenUnits = 8192;

        /// <summary>How to learn.</summary>
        /// <value>Default: <see cref="ClipLockedMethod.Kernel"/>.</value>
        public ClipLockedMethod Method { get; init; } = ClipLockedMethod.Kernel;

        /// <summary>
        /// How strongly a closed form is held back on the side of images: what is added to the diagonal of XᵀX, as a multiple of the mean of that
        /// diagonal. scikit-learn's alpha of a ridge is this mean times this.
        /// </summary>
        /// <value>Default: 1.</value>
        public float ImageRegularization { get; init; } = 1;

        /// <summary>The same on the side of texts, for <see cref="ClipLockedMethod.Bilinear"/> and <see cref="ClipLockedMethod.Kernel"/>.</summary>
        /// <value>Default: 1.</value>
        public float TextRegularization { get; init; } = 1;

        /// <summary>
        /// Whether all texts count alike, for <see cref="ClipLockedMethod.Bilinear"/> and <see cref="ClipLockedMethod.Kernel"/>: each text's direction among the
        /// images is made of length 1 before the side of texts is fitted. Else a text says as much as it has images, and names with many decide what those
        /// with few, and names that are not there, are taken for.
        /// </summary>
        /// <value>The default is <see langword="false"/>.</value>
        public bool EqualTexts { get; init; }

        /// <summary>
        /// How many hidden units stand beside the features of images, for <see cref="ClipLockedMethod.Bilinear"/> and <see cref="ClipLockedMethod.Kernel"/>:
        /// their weights are drawn, what is made of them is fitted with the rest, in closed form (random features, Rahimi and Recht 2008). So images of
        /// several kinds, such as small ones and photographs, need not share one linear map. The file of a head grows by (features + embedding)
        /// values for each.
        /// </summary>
        /// <value>Default: 0; at most 8,192. With many, <see cref="ImageRegularization"/> may be smaller.</value>
        public int ImageHiddenUnits { get; init; }

        /// <summary>
        /// How strongly the space of images is whitened, for <see cref="ClipLockedMethod.Bilinear"/> and <see cref="ClipLockedMethod.Kernel"/>: lengths are
        /// measured by XᵀX + ρI, ρ as a multiple of the mean of the diagonal, instead of by I. The smaller ρ, the more a direction counts in which images
        /// differ little, and the less one in which they differ much, which many texts have in common.
        /// </summary>
        /// <value>Default: <see langword="null"/>, not at all; else above 0.</value>
        public float? ImageWhitening { get; init; }

        /// <summary>β of φ(t) = exp(β (cos(t, anchor) - 1)): the larger, the nearer a text must be to an anchor to be taken for its like.</summary>
        /// <value>Default: 8; at most 10,000.</value>
        public float Sharpness { get; init; } = 8;

        /// <summary>
        /// How many texts are anchors at most; where there are more, as many are drawn. The head's size, and with its square the time, go with it.
        /// </summary>
        /// <value>Default: 5000.</value>
        public int MaximumAnchors { get; init; } = 5000;

        /// <summary>
        /// An image counts as the number of images that share its text of most weight, to this power: 0 for all images alike, -1 for all classes alike.
        /// -0.5 favours names that are rare or new.
        /// </summary>
        /// <value>Default: 0.</value>
        public float ClassWeightPower { get; init; }

        /// <summary>
        /// The share of the images that is held back to fit the logit scale, below 1; at most 4,096 images. Closed forms are then fitted to all.
        /// </summary>
        /// <value>Default: 0.1. With 0 nothing is measured, and the logit scale is <see cref="LogitScale"/>.</value>
        public double HeldBackShare { get; init; } = 0.1;

        /// <summary>exp(t) where nothing is held back to fit it, and at the beginning of <see cref="ClipLockedMethod.Contrastive"/>: 10⁻⁶ to 10⁶.</summary>
        /// <value>Default: 1 / 0.07, CLIP's at the beginning.</value>
        public float LogitScale { get; init; } = 1 / 0.07f;

        /// <summary>
        /// Decides which images are held back, which texts are anchors, and all else that is drawn. The same seed gives the same head on any number of
        /// threads.
        /// </summary>
        /// <value>Default: 1.</value>
        public int Seed { get; init; } = 1;

        /// <summary>How many threads to use, at most 1,024.</summary>
        /// <value>Default: <see langword="null"/>, one per physical core.</value>
        public int? NumberOfThreads { get; init; }

        /// <summary>What contrastive training does with features of images.</summary>
        /// <value>Default: <see cref="ClipLockedHeadKind.Linear"/>.</value>
        public ClipLockedHeadKind ImageHead { get; init; } = ClipLockedHeadKind.Linear;

        /// <summary>What contrastive training does with features of texts.</summary>
        /// <value>Default: <see cref="ClipLockedHeadKind.Linear"/>.</value>
        public ClipLockedHeadKind TextHead { get; init; } = ClipLockedHeadKind.Linear;

        /// <summary>
        /// The length of embeddings, of contrastive training and of <see cref="ClipLockedMethod.Bilinear"/> and <see cref="ClipLockedMethod.Kernel"/>; for these the
        /// directions are kept that hold most of the texts: as many as these span at most, or all, as many as features and hidden units together.
        /// </summary>
        /// <value>Default: <see langword="null"/>. Contrastive: that of the side with <see cref="ClipLockedHeadKind.None"/>, or of <see cref="StartFrom"/>, or else
        /// 256. Closed forms: that of the features of images, or of texts for <see cref="ClipLockedMethod.Ridge"/>, which takes no other.</value>
        public int? EmbeddingDimension { get; init; }

        /// <summary>The units of the hidden layer of <see cref="ClipLockedHeadKind.Mlp"/>.</summary>
        /// <value>Default: 512.</value>
        public int HiddenUnits { get; init; } = 512;

        /// <summary>
        /// A head whose weights contrastive training goes on from, such as that of a closed form: its means and anchors stay, what it maps is learned
        /// further. Sides that have no weights then stay as they are.
        /// </summary>
        /// <value>Default: <see langword="null"/>, random weights.</value>
        public ClipLockedHead? StartFrom { get; init; }

        /// <summary>How many images a step of contrastive training is computed on.</summary>
        /// <value>Default: 512.</value>
        public int BatchSize { get; init; } = 512;

        /// <summary>How many times contrastive training sees each image.</summary>
        /// <value>Default: 20.</value>
        public int NumberOfEpochs { get; init; } = 20;

        /// <summary>The step size of AdamW, after a warm-up of a twentieth of the steps and before it falls to 0 as half a cosine.</summary>
        /// <value>Default: 0.001.</value>
        public float LearningRate { get; init; } = 1e-3f;

        /// <summary>By what AdamW shrinks matrices, relative to the step size.</summary>
        /// <value>Default: 0.1.</value>
        public float WeightDecay { get; init; } = 0.1f;

        /// <summary>Told of the mean loss of each epoch of contrastive training, synchronously.</summary>
        /// <value>Default: <see langword="null"/>.</value>
        public IProgress<double>? Progress { get; init; }

        // Else the space of images stays as it is.
        internal bool HasJointSpace => ImageHiddenUnits > 0 || ImageWhitening is not null || EmbeddingDimension is not null;

        internal int Threads => NumberOfThreads ?? PhysicalCores.Count;

        internal void Validate()
        {
            Require.Defined<ClipLockedMethod>(Method, nameof(Method));
            Require.Defined<ClipLockedHeadKind>(ImageHead, nameof(ImageHead));
            Require.Defined<ClipLockedHeadKind>(TextHead, nameof(TextHead));
            Positive(ImageRegularization, nameof(ImageRegularization));
            Positive(TextRegularization, nameof(TextRegularization));
            Positive(Sharpness, nameof(Sharpness), HeadSide.MostSharpness);
            Positive(LogitScale, nameof(LogitScale), ClipLockedHead.MostLogitScale, ClipLockedHead.LeastLogitScale);
            Positive(LearningRate, nameof(LearningRate));
            Require.Range(MaximumAnchors, 2, HeadSide.MostAnchors, nameof(MaximumAnchors));
            Require.Range(NumberOfThreads, 1, Clip.Threads.Most, nameof(NumberOfThreads));
            Require.Range(EmbeddingDimension, 1, HeadSide.MostFeatures, nameof(EmbeddingDimension));
            Require.Range(HiddenUnits, 1, HeadSide.MostFeatures, nameof(HiddenUnits));
            Require.Range(ImageHiddenUnits, 0, MostImageHiddenUnits, nameof(ImageHiddenUnits));
            if (ImageWhitening is { } whitening)
            {
                Positive(whitening, nameof(ImageWhitening));
            }
            Require.Range(BatchSize, 2, 1 << 16, nameof(BatchSize));
            Require.Range(NumberOfEpochs, 1, 1_000_000, nameof(NumberOfEpochs));
            if (!float.IsFinite(ClassWeightPower))
            {
                throw new ArgumentOutOfRangeException(nameof(ClassWeightPower), $"{nameof(ClassWeightPower)} is {ClassWeightPower}; expected a number.");
            }
            if (!(WeightDecay >= 0 && float.IsFinite(WeightDecay)))
            {
                throw new ArgumentOutOfRangeException(nameof(WeightDecay), $"{nameof(WeightDecay)} is {WeightDecay}; expected a number of at least 0.");
            }
            if (!(HeldBackShare is >= 0 and < 1))
            {
                throw new ArgumentOutOfRangeException(nameof(HeldBackShare), $"{nameof(HeldBackShare)} is {HeldBackShare}; expected at least 0 and less than 1.");
            }
        }

        private static void Positive(float value, string name, float most = float.MaxValue, float least = 0)
        {
            if (!(value > 0 && value >= least && value <= most))
            {
                throw new ArgumentOutOfRangeException(name, FormattableString.Invariant($"{name} is {value}; expected a number {(least > 0 ? $"of at least {least:G3}" : "above 0")}{(most < float.MaxValue ? $", at most {most:N0}" : "")}."));
            }
        }

        private bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
    }
}
