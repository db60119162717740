using System.Text;

namespace Microsoft.ML.Clip;

public sealed partial class ClipContrastiveTrainer
{
    /// <summary>How a <see cref="ClipContrastiveTrainer"/> trains.</summary>
    public sealed record Options
    {
        /// <summary>
        /// The network. Where a vocabulary is made (<see cref="TokenizerDirectory"/> is null), <see cref="ClipArchitecture.VocabularySize"/> is the most tokens
        /// that it may have; it and <see cref="ClipArchitecture.EndOfTextId"/> follow the vocabulary in the trained model.
        /// </summary>
        /// <value>
        /// The default is <see cref="ClipArchitecture.Tiny"/>, which trains on a CPU in minutes. OpenAI's ViT-B/32, <see cref="ClipArchitecture.ViTB32"/>, takes
        /// gigabytes and days there, which is told before the first step.
        /// </value>
        public ClipArchitecture Architecture { get; init; } = ClipArchitecture.Tiny;

        /// <summary>
        /// Where the network is trained: "cpu", "cuda" (the first GPU) or "cuda:N" (GPU N, from 0). A GPU needs the package TorchSharp-cuda-linux or
        /// TorchSharp-cuda-windows in the application, in the place of TorchSharp-cpu. A checkpoint may go on elsewhere.
        /// </summary>
        /// <value>The default is "cpu".</value>
        public string Device { get; init; } = TrainingDevice.Processor;

        /// <summary>
        /// The weights to start from, by OpenAI's names, as <c>ClipWeights.Load</c> reads them: fine-tuning. They are copied, and stay the caller's. A released
        /// model needs its <see cref="TokenizerDirectory"/> too, and a learning rate of a hundredth.
        /// </summary>
        /// <value>The default is <see langword="null"/>: fresh ones.</value>
        public IReadOnlyDictionary<string, TorchSharp.torch.Tensor>? InitialWeights { get; init; }

        /// <summary>
        /// Whether the image tower stays as <see cref="InitialWeights"/> have it, to the bit, and only the text tower and the logit scale are trained:
        /// locked-image tuning (Zhai et al. 2022, arXiv 2111.07991; <c>--lock-image</c> of open_clip). A step spares the backward pass of images and
        /// its memory. Batch norms take the statistics that they came with. For encoders that are no CLIP, which a head joins, there is
        /// <see cref="ClipLockedTrainer"/>.
        /// </summary>
        /// <value>The default is <see langword="false"/>: both towers are trained.</value>
        public bool LockedImageTower { get; init; }

        /// <summary>A model directory whose tokenizer is kept, as fine-tuning must.</summary>
        /// <value>The default is <see langword="null"/>: a vocabulary is made from the captions.</value>
        public string? TokenizerDirectory { get; init; }

        /// <summary>A column of text that names the group of each row: rows of one group are each other's positives in the multi-positive loss.</summary>
        /// <value>The default is <see langword="null"/>: rows with equal captions make a group.</value>
        public string? GroupColumnName { get; init; }

        /// <summary>
        /// A column of float vectors that say how much of each group an image shows, which takes the place of its own group alone: what a larger model,
        /// the teacher, makes of it, mixed with what is known (knowledge distillation, Hinton et al. 2015, arXiv 1503.02531), or softened labels. A vector
        /// has a value for each group, in the ordinal order of the groups' names; none is below 0, and their sum is 1. Needs
        /// <see cref="ClipTrainingLoss.MultiPositive"/>, <see cref="GroupColumnName"/> and <see cref="CaptionsOfAllGroups"/>. Rows times groups values stay
        /// in memory.
        /// </summary>
        /// <value>The default is <see langword="null"/>: an image shows its own group.</value>
        public string? GroupShareColumnName { get; init; }

        /// <summary>The folder that relative paths of the image column start from.</summary>
        /// <value>The default is <see langword="null"/>: the current one.</value>
        public string? ImageFolder { get; init; }

        /// <summary>What to do with an image that cannot be read: throw, or leave the row out (and count it in the model).</summary>
        /// <value>The default is to throw.</value>
        public ClipOnInvalidImage OnInvalidImage { get; init; }

        /// <summary>The loss.</summary>
        /// <value>The default is the paper's.</value>
        public ClipTrainingLoss Loss { get; init; } = ClipTrainingLoss.Paper;

        /// <summary>
        /// With <see cref="ClipTrainingLoss.MultiPositive"/>, whether a batch also has one caption of each group that has no image in it, as texts that only
        /// repel. Costs little where groups are hundreds and texts short.
        /// </summary>
        /// <value>The default is <see langword="false"/>.</value>
        public bool CaptionsOfAllGroups { get; init; }

        /// <summary>
        /// With <see cref="ClipTrainingLoss.MultiPositive"/>, whether the images of a group share one text in each step, drawn from the captions of the first
        /// of them, instead of one each. Where groups are classes it spares encoding many wordings of the same.
        /// </summary>
        /// <value>The default is <see langword="false"/>.</value>
        public bool OneTextPerGroup { get; init; }

        /// <summary>Images that are contrasted with each other in a step.</summary>
        /// <value>The default is 256; at least 2. Fewer rows make a batch of them all.</value>
        public int BatchSize { get; init; } = 256;

        /// <summary>
        /// Images that go through the network at once. Less than <see cref="BatchSize"/>: embeddings of the whole batch are computed first, then each part again
        /// with gradients, so that memory grows with this number alone and the gradient is that of the whole batch (batch norm sees the parts). A training
        /// that is cancelled ends after the part that runs. The same as <see cref="BatchSize"/>: the whole batch.
        /// </summary>
        /// <value>
        /// The default is <see langword="null"/>: the whole batch, or parts of about 1 GB where a Vision Transformer would take more on a CPU and
        /// <see cref="Threads"/> is 1.
        /// </value>
        public int? MicroBatchSize { get; init; }

        /// <summary>
        /// Above 1, images and texts of a batch go through their towers in so many parts, each on a thread of its own, and libtorch's own threads
        /// are switched off for the process until the training ends. Faster for small networks and on shared machines. Batch norm sees the parts; with more
        /// than two, runs differ in the last bits. Has no effect where <see cref="MicroBatchSize"/> divides the batch.
        /// </summary>
        /// <value>The default is 1; at most 1,024.</value>
        public int Threads { get; init; } = 1;

        /// <summary>Steps in all, those of the checkpoint that is resumed included.</summary>
        /// <value>The default is 1,000.</value>
        public int Steps { get; init; } = 1000;

        /// <summary>Steps in which the learning rate rises.</summary>
        /// <value>The default is <see langword="null"/>: 5% of <see cref="Steps"/>, at most 2,000, the paper's number.</value>
        public int? WarmupSteps { get; init; }

        /// <summary>The highest learning rate; it falls along a cosine to 0.</summary>
        /// <value>The default is 5e-4, the paper's for ViT-B/32. Small ResNets take 3e-3.</value>
        public double LearningRate { get; init; } = 5e-4;

        /// <summary>AdamW's decay of weights; gains, biases and t do not decay.</summary>
        /// <value>The default is 0.2, the paper's.</value>
        public double WeightDecay { get; init; } = 0.2;

        /// <summary>AdamW's β1.</summary>
        /// <value>The default is 0.9.</value>
        public double Beta1 { get; init; } = 0.9;

        /// <summary>AdamW's β2.</summary>
        /// <value>The default is 0.98, the paper's for the Vision Transformer.</value>
        public double Beta2 { get; init; } = 0.98;

        /// <summary>AdamW's ε.</summary>
        /// <value>The default is 1e-6, the paper's for the Vision Transformer.</value>
        public double Epsilon { get; init; } = 1e-6;

        /// <summary>How slowly the averaged weights, which the trained model has, follow: 0 is no averaging, 0.999 the last thousand steps.</summary>
        /// <value>The default is 0.</value>
        public double AverageDecay { get; init; }

        /// <summary>The smallest part of the area that a random resized crop keeps, in (0, 1].</summary>
        /// <value>The default is 0.9, close to the paper, whose only augmentation is a random square crop.</value>
        public double MinimumCropArea { get; init; } = 0.9;

        /// <summary>
        /// Height and width in pixels of the images in the first <see cref="ReducedSteps"/>, which cost less: 48 instead of 64 pixels are
        /// 0.56 of the computation. Crops keep less then (<see cref="MinimumCropArea"/> shrinks with the area), so that things look as large as they will at
        /// full size (Touvron et al. 2019, "Fixing the train-test resolution discrepancy"). Only for a ResNet with <see cref="ClipImagePooling.Mean"/>, which
        /// has no fixed size.
        /// </summary>
        /// <value>The default is <see langword="null"/>: all steps at full size.</value>
        public int? ReducedImageSize { get; init; }

        /// <summary>The number of steps with <see cref="ReducedImageSize"/>. Some should be left for the full size, that batch norm learns its statistics.</summary>
        /// <value>The default is 0.</value>
        public int ReducedSteps { get; init; }

        /// <summary>How far a crop may reach over the edge, as a part of the edge.</summary>
        /// <value>The default is 0.</value>
        public double MaximumShift { get; init; }

        /// <summary>Whether half of the images are mirrored.</summary>
        /// <value>The default is <see langword="true"/>. Not for captions that tell left from right.</value>
        public bool Flip { get; init; } = true;

        /// <summary>Whether activations are bfloat16; weights, norms and the loss stay float. Faster where the processor has it (AVX512-BF16, AMX).</summary>
        /// <value>The default is <see langword="false"/>.</value>
        public bool BFloat16 { get; init; }

        /// <summary>Fixes weights, order, captions and crops.</summary>
        /// <value>The default is 1.</value>
        public int Seed { get; init; } = 1;

        /// <summary>
        /// The file that checkpoints go to, and from which a run that finds it resumes; a run that is cancelled writes it before it ends.
        /// </summary>
        /// <value>The default is <see langword="null"/>: none.</value>
        public string? CheckpointPath { get; init; }

        /// <summary>Steps between checkpoints.</summary>
        /// <value>The default is 500.</value>
        public int CheckpointEvery { get; init; } = 500;

        /// <summary>What is called with averaged weights every <see cref="EvaluateEvery"/> steps, and after the last.</summary>
        /// <value>The default is <see langword="null"/>: nothing.</value>
        public Action<ClipTrainingSnapshot>? Evaluate { get; init; }

        /// <summary>Steps between evaluations.</summary>
        /// <value>The default is 500.</value>
        public int EvaluateEvery { get; init; } = 500;

        /// <summary>
        /// Steps between progress reports, for reports that do not depend on time: then there are none before the first step, within a step or of anything
        /// else.
        /// </summary>
        /// <value>The default is <see langword="null"/>: by time.</value>
        public int? ReportEvery { get; init; }

        /// <summary>
        /// The time between progress reports, within a step too if it has parts. The beginning of each stage is reported at once, and so are the first step
        /// of a run and the last.
        /// </summary>
        /// <value>The default is 5 seconds. Zero: whenever there is something new.</value>
        public TimeSpan ReportInterval { get; init; } = TimeSpan.FromSeconds(5);

        /// <summary>
        /// What is told once, in a line: that the run goes on from a checkpoint, that the network is large for this machine, that rows were left out. Progress
        /// reports carry it too, as <see cref="ClipTrainingProgress.Note"/>.
        /// </summary>
        /// <value>The default is <see langword="null"/>: nobody listens.</value>
        public Action<string>? Log { get; init; }

        /// <summary>
        /// The ranks that train together, as seen from this one: processes (<see cref="MpiCollective"/>) or threads (<see cref="LocalCollective"/>), each of which
        /// calls <see cref="Fit"/> with the same options and the same rows. The result is that of one process up to the rounding of sums, whatever their
        /// number, but for batch norm.
        /// </summary>
        /// <remarks>
        /// <list type="bullet">
        /// <item>A batch of <see cref="BatchSize"/> images is the whole one; each rank embeds an equal part, so the number of ranks divides it.
        /// <see cref="MicroBatchSize"/> and <see cref="Threads"/> cut a rank's part. <see cref="Device"/> may differ from rank to rank.</item>
        /// <item>A rank reads the captions of all rows, but decodes and keeps only the images of its own, every <c>Size</c>th row. Of rows that a batch has too
        /// many of one rank's, the pixels are handed over.</item>
        /// <item>Rank 0 reads and writes <see cref="CheckpointPath"/>, calls <see cref="Evaluate"/>, <see cref="Log"/> and the progress; the others need no such
        /// file, and wait. A run goes on with any number of ranks. All ranks have the trained model in the end; one of them should export it.</item>
        /// <item>Batch norm (<see cref="ClipVisionKind.ModifiedResNet"/>) normalises each rank's images by themselves, so that losses depend on the
        /// number of ranks as they do on <see cref="MicroBatchSize"/>. The running statistics, which the trained model has, are the mean of all ranks'.</item>
        /// <item>A cancelled rank ends all of them after the step that runs. A rank that throws, leaves or dies ends all of them with a message.</item>
        /// <item>Options and rows that decide the result are compared first; a difference is an <see cref="ArgumentException"/> that names it. Images are not
        /// compared. Initial weights, and those of a checkpoint, are rank 0's.</item>
        /// </list>
        /// </remarks>
        /// <value>The default is <see langword="null"/>: this process alone. A collective of one rank is the same.</value>
        public ICollective? Collective { get; init; }

        /// <summary>The time, for tests.</summary>
        internal TimeProvider Clock { get; init; } = TimeProvider.System;

        /// <summary>Throws if a setting is out of range.</summary>
        internal void Validate()
        {
            Architecture.Validate();
            Require.Defined<ClipTrainingLoss>(Loss, nameof(Loss));
            if (LockedImageTower && InitialWeights is null)
            {
                throw new ArgumentException($"{nameof(LockedImageTower)} keeps the image tower as {nameof(InitialWeights)} have it, but there are none: an image tower of fresh weights that learns nothing tells nothing.");
            }
            Require.Defined<ClipOnInvalidImage>(OnInvalidImage, nameof(OnInvalidImage));
            if (GroupShareColumnName is not null && (Loss != ClipTrainingLoss.MultiPositive || GroupColumnName is null || !CaptionsOfAllGroups))
            {
                throw new ArgumentException($"{nameof(GroupShareColumnName)} says how much of each group an image shows, and needs {nameof(Loss)} = {nameof(ClipTrainingLoss)}.{nameof(ClipTrainingLoss.MultiPositive)}, {nameof(GroupColumnName)} and {nameof(CaptionsOfAllGroups)}.");
            }
            if (BatchSize < 2)
            {
                throw new ArgumentOutOfRangeException(nameof(BatchSize), BatchSize, "A batch needs at least 2 images: with one there is nothing to contrast it with, and the loss is 0 whatever the weights.");
            }
            ArgumentOutOfRangeException.ThrowIfLessThan(MicroBatchSize ?? 2, 2, nameof(MicroBatchSize));
            Require.Range(Threads, 1, Clip.Threads.Most, nameof(Threads));
            ArgumentOutOfRangeException.ThrowIfLessThan(Steps, 1);
            ArgumentOutOfRangeException.ThrowIfNegative(WarmupSteps ?? 0, nameof(WarmupSteps));
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(LearningRate);
            ArgumentOutOfRangeException.ThrowIfNegative(WeightDecay);
            InRange(Beta1, 0, 1, nameof(Beta1));
            InRange(Beta2, 0, 1, nameof(Beta2));
            InRange(AverageDecay, 0, 1, nameof(AverageDecay));
            InRange(MaximumShift, 0, 0.5, nameof(MaximumShift));
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Epsilon);
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(MinimumCropArea);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(MinimumCropArea, 1);
            ArgumentOutOfRangeException.ThrowIfNegative(ReducedSteps);
            if (ReducedImageSize is { } reduced)
            {
                ValidateReduced(reduced);
            }
            ArgumentOutOfRangeException.ThrowIfLessThan(CheckpointEvery, 1);
            // Told now: the file is written first when hours have gone into it.
            if (CheckpointPath is { } path && (string.IsNullOrWhiteSpace(path) || Directory.Exists(path)))
            {
                throw new ArgumentException($"{nameof(CheckpointPath)} is '{path}', {(string.IsNullOrWhiteSpace(path) ? "which names no file; null is none" : "which is a directory; name a file in it")}.");
            }
            ArgumentOutOfRangeException.ThrowIfLessThan(EvaluateEvery, 1);
            ArgumentOutOfRangeException.ThrowIfLessThan(ReportEvery ?? 1, 1, nameof(ReportEvery));
            ArgumentOutOfRangeException.ThrowIfLessThan(ReportInterval, TimeSpan.Zero);
            ArgumentNullException.ThrowIfNull(Device);
            _ = TrainingDevice.GpuOf(Device);
            if (Collective is not null)
            {
                ValidateRanks(Collective);
            }
        }

        private void ValidateRanks(ICollective collective)
        {
            if (collective.Size < 1 || collective.Rank < 0 || collective.Rank >= collective.Size)
            {
                throw new ArgumentException($"{nameof(Collective)} says that it is rank {collective.Rank} of {collective.Size}; expected at least 1 rank, counted from 0.");
            }
            if (BatchSize % collective.Size != 0)
            {
                throw new ArgumentException($"{nameof(BatchSize)} is {BatchSize}, which {collective.Size} ranks do not divide into equal parts.");
            }
        }

        private void ValidateReduced(int reduced)
        {
            if (Architecture.Vision != ClipVisionKind.ModifiedResNet || Architecture.ImagePooling != ClipImagePooling.Mean)
            {
                throw new ArgumentException($"{nameof(ReducedImageSize)} needs a network without a fixed size: a {nameof(ClipVisionKind.ModifiedResNet)} with {nameof(ClipImagePooling)}.{nameof(ClipImagePooling.Mean)}.");
            }
            if (reduced < Architecture.ImageReduction || reduced > Architecture.ImageSize || reduced % Architecture.ImageReduction != 0)
            {
                throw new ArgumentOutOfRangeException(nameof(ReducedImageSize), reduced, $"It must be a multiple of {Architecture.ImageReduction}, by which this network reduces, and at most {Architecture.ImageSize}.");
            }
        }

        private static void InRange(double value, double low, double high, string name)
        {
            if (!(value >= low && value < high))
            {
                throw new ArgumentOutOfRangeException(name, value, $"It must be at least {low} and below {high}.");
            }
        }

        private bool PrintMembers(StringBuilder builder) => RecordText.Append(builder, this);
    }
}
