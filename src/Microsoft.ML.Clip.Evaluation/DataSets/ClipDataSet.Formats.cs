namespace Microsoft.ML.Clip;

public sealed partial class ClipDataSet
{
    /// <summary>A folder for each class, with its images in it or in folders below.</summary>
    /// <param name="folder">The folder that holds those of the classes. Labels follow the ordinal order of their names.</param>
    /// <param name="classNames">
    /// A name for each folder, in that order; <see langword="null"/> for those in <c>classnames.txt</c> beside the folders, or else the folders' own.
    /// </param>
    /// <returns>The set. Its rows come class by class, in the ordinal order of their paths.</returns>
    /// <exception cref="IOException">There is no such folder, or it cannot be listed.</exception>
    /// <exception cref="InvalidDataException">
    /// There are fewer than two folders, one has no image or a link to a folder in it, there are more or fewer names than folders, or the folders are
    /// splits with those of the classes in them (<c>train</c> and <c>test</c>); the message names it.
    /// </exception>
    /// <remarks>Files in the folders that are no images by their names are <see cref="Skipped"/>; hidden files and folders are not looked at.</remarks>
    public static ClipDataSet FromFolders(string folder, IReadOnlyList<string>? classNames = null) => FolderSet.Open(folder, classNames);

    /// <summary>MNIST's pair of files (idx), packed by gzip or not: MNIST, Fashion-MNIST, KMNIST, EMNIST.</summary>
    /// <param name="imagesFile">The images: unsigned bytes, three axes.</param>
    /// <param name="labelsFile">The labels: unsigned bytes, one axis.</param>
    /// <param name="classNames">The names of the classes; the files have none.</param>
    /// <returns>The set. Its images are BMP files of the same grey values.</returns>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="InvalidDataException">A file is of another kind, or there are not as many labels as images.</exception>
    /// <exception cref="ArgumentException">There are fewer than two classes, or one has no name.</exception>
    public static ClipDataSet FromIdx(string imagesFile, string labelsFile, IReadOnlyList<string> classNames) =>
        IdxSet.Open(imagesFile, labelsFile, classNames);

    /// <summary>CIFAR-10 as published: the binary version where <c>batches.meta.txt</c> is there, otherwise the Python version.</summary>
    /// <param name="folder">The folder with the batches.</param>
    /// <param name="split"><c>train</c> or <c>test</c>.</param>
    /// <returns>The set. Its images are BMP files of the same values.</returns>
    /// <exception cref="IOException">There is no such folder, or one of its files is not there.</exception>
    /// <exception cref="InvalidDataException">A file is not what it should be; the message names it.</exception>
    /// <exception cref="ArgumentException">There is no such split.</exception>
    /// <remarks>The Python version is pickles. They are read as data and never run: whatever they want to import or to make is an error.</remarks>
    public static ClipDataSet FromCifar10(string folder, string split) => CifarSet.Open10(folder, split);

    /// <summary>CIFAR-100 as published: the binary version where <c>fine_label_names.txt</c> is there, otherwise the Python version.</summary>
    /// <param name="folder">The folder with <c>train</c> and <c>test</c>, with or without <c>.bin</c>.</param>
    /// <param name="split"><c>train</c> or <c>test</c>.</param>
    /// <param name="coarse">Whether the classes are the 20 coarse ones, not the 100 fine ones.</param>
    /// <returns>The set. Its images are BMP files of the same values.</returns>
    /// <inheritdoc cref="FromCifar10" path="/exception"/>
    /// <inheritdoc cref="FromCifar10" path="/remarks"/>
    public static ClipDataSet FromCifar100(string folder, string split, bool coarse = false) => CifarSet.Open100(folder, split, coarse);

    /// <summary>
    /// A set in CLIP_benchmark's layout of webdataset: <c>classnames.txt</c>, <c>zeroshot_classification_templates.txt</c>, and <c>SPLIT/0.tar</c>,
    /// <c>SPLIT/1.tar</c> ... of <c>NAME.jpg</c> (png, webp) and <c>NAME.cls</c>.
    /// </summary>
    /// <param name="folder">The folder with <c>classnames.txt</c>.</param>
    /// <param name="split">The folder of the tar files.</param>
    /// <returns>The set, with its <see cref="Templates"/>. Other fields of an image than these two are passed over.</returns>
    /// <exception cref="IOException">There is no such folder or file.</exception>
    /// <exception cref="InvalidDataException">A tar file is missing, or a list is not what it should be; the message names it.</exception>
    /// <exception cref="ArgumentException">The split is no name of a folder.</exception>
    public static ClipDataSet FromWebDataset(string folder, string split = "test") => TarSet.Open(folder, split);

    /// <summary>
    /// Parquet files with images in them, as Hugging Face's hub has them: a column of bytes, or a group of <c>bytes</c> and <c>path</c>; and one of labels, as
    /// numbers or as names.
    /// </summary>
    /// <param name="path">A file, or a folder with the files of a set, in it or in folders below.</param>
    /// <param name="split">
    /// Of a folder, which files: those named <c>SPLIT-00000-of-00003.parquet</c>, <c>SPLIT.parquet</c> or <c>SPLIT/0000.parquet</c>. <see langword="null"/> for
    /// all, if they are of one split.
    /// </param>
    /// <param name="imageColumn">The images; <see langword="null"/> for the first that there is of image, img, jpg, jpeg, png and webp.</param>
    /// <param name="labelColumn">The labels; <see langword="null"/> for the first that there is of label and cls.</param>
    /// <param name="classNames">
    /// The names of the classes; <see langword="null"/> for those in <c>classnames.txt</c> beside the files, or else those that the hub has written into them, or,
    /// where labels are names, these in ordinal order, for which the labels are read once.
    /// </param>
    /// <returns>The set. Its rows come file by file in the ordinal order of their names. A page of images is in memory, about a megabyte.</returns>
    /// <exception cref="IOException">There is no such file or folder.</exception>
    /// <exception cref="InvalidDataException">
    /// A file is no Parquet file, cut short or damaged, lacks a column, or is packed by another method than Snappy, gzip or Brotli; files are missing; or
    /// something else does not fit. The message names the file, and the row where it is one.
    /// </exception>
    public static ClipDataSet FromParquet(string path, string? split = null, string? imageColumn = null, string? labelColumn = null,
        IReadOnlyList<string>? classNames = null) => ParquetSet.Open(path, split, imageColumn, labelColumn, classNames);

    /// <summary>ImageNet's training images, or any set in folders that are named by synsets: ImageNet-A, -R, -Sketch, Tiny ImageNet.</summary>
    /// <param name="folder">The folder that holds those of the classes, <c>n01440764</c> and so on.</param>
    /// <param name="synsetsFile">
    /// A line for each class: its synset and its names, as in Kaggle's <c>LOC_synset_mapping.txt</c>. Labels follow its order. <see langword="null"/>: they follow
    /// the ordinal order of the folders, whose synsets are the names unless others are given; for all 1,000 classes the order is the same.
    /// </param>
    /// <param name="isSubset">
    /// Whether there are folders of some of the classes only, such as 200 in ImageNet-A: labels then count those that are there, in the file's order.
    /// </param>
    /// <param name="classNames">Other names, one for each line of the file, or, without one, for each folder; <see langword="null"/> for those in the file.</param>
    /// <returns>The set. Its rows come class by class, in the ordinal order of their paths.</returns>
    /// <exception cref="IOException">There is no such folder or file.</exception>
    /// <exception cref="InvalidDataException">A folder is of no synset of the file, or one is missing or has no image; the message names it.</exception>
    public static ClipDataSet FromImageNetTrain(string folder, string? synsetsFile = null, bool isSubset = false, IReadOnlyList<string>? classNames = null) =>
        ImageNetSet.OpenTrain(folder, synsetsFile, isSubset, classNames);

    /// <summary>ImageNet's validation images, all in one folder.</summary>
    /// <param name="folder">The images.</param>
    /// <param name="groundTruthFile">
    /// A line for each image: its name and its class (a synset, or a number from 0), as in Caffe's <c>val.txt</c> and Kaggle's
    /// <c>LOC_val_solution.csv</c>; or only a number from 1, as in the devkit, for the images in the ordinal order of their names.
    /// </param>
    /// <param name="synsetsFile">
    /// A line for each class: its synset and its names, as in Kaggle's <c>LOC_synset_mapping.txt</c>. Numbers in the ground truth mean its lines, so
    /// that it has to be in their order: the devkit's is that of its <c>meta.mat</c>, not that of the synsets.
    /// </param>
    /// <param name="classNames">Other names, one for each line; <see langword="null"/> for those in the file.</param>
    /// <returns>The set. Its rows come in the ordinal order of their names.</returns>
    /// <exception cref="IOException">There is no such folder or file.</exception>
    /// <exception cref="InvalidDataException">Something does not fit; the message names the file and the line.</exception>
    public static ClipDataSet FromImageNetValidation(string folder, string groundTruthFile, string synsetsFile, IReadOnlyList<string>? classNames = null) =>
        ImageNetSet.Open(folder, groundTruthFile, synsetsFile, classNames);

    /// <summary>Reads names of classes from a file that has one a line, for <see cref="FromFolders"/> and <see cref="FromIdx"/>.</summary>
    /// <param name="path">The file, UTF-8.</param>
    /// <returns>The names, in the order of the file.</returns>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="InvalidDataException">A line is empty, or there are fewer than two; the message names the file.</exception>
    public static IReadOnlyList<string> ReadClassNames(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return DataFiles.ClassNames(path);
    }
}
