using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Clip;

/// <summary>
/// The network of Figure 3: two towers and the temperature t. Its weights go by OpenAI's names.
/// </summary>
internal sealed class ClipModule : nn.Module
{
    /// <summary>The first value of t, log(1 / 0.07).</summary>
    public static readonly double InitialLogitScale = Math.Log(1 / 0.07);

    private const string TextPrefix = "text.";

    /// <param name="architecture">Its sizes.</param>
    /// <param name="seed">Fixes the weights, whatever the device.</param>
    /// <param name="device">Where they are and the network computes; the processor if <see langword="null"/>.</param>
    /// <param name="cancellation">Ends the making.</param>
    /// <exception cref="OperationCanceledException">The token asks for an end.</exception>
    public ClipModule(ClipArchitecture architecture, long seed, Device? device = null, CancellationToken cancellation = default)
        : base(nameof(ClipModule))
    {
        architecture.Validate();
        Architecture = architecture;
        using var initialization = new Initialization(seed, device, cancellation);
        Image = architecture.Vision == ClipVisionKind.VisionTransformer
            ? new VisionTransformerTower(architecture, initialization)
            : new ModifiedResNetTower(architecture, initialization);
        Text = architecture.Text == ClipTextKind.Transformer ? new TextTransformer(architecture, initialization) : new CbowText(architecture, initialization);
        LogitScale = initialization.Constant(InitialLogitScale);
        register_module("visual", Image);
        register_module("text", Text);
        register_parameter(ParameterNames.LogitScale, LogitScale);
    }

    public ClipArchitecture Architecture { get; }

    /// <summary>Where the weights are.</summary>
    public Device Device => LogitScale.device;

    public Tower Image { get; }

    /// <summary>Whether <see cref="LockImage"/> was called.</summary>
    public bool IsImageLocked { get; private set; }

    public Tower Text { get; }

    /// <summary>t, a scalar; exp(t) scales the cosines.</summary>
    public Parameter LogitScale { get; }

    /// <summary>I_f W_i of pixels [N, 3, H, W], normalised to length 1: I_e [N, joint], float.</summary>
    public Tensor EmbedImages(Tensor pixels) => nn.functional.normalize(Image.Project(Image.forward(pixels)), dim: 1);

    /// <summary>T_f W_t of ids [N, length], normalised to length 1: T_e [N, joint], float.</summary>
    public Tensor EmbedTexts(Tensor ids) => nn.functional.normalize(Text.Project(Text.forward(ids)), dim: 1);

    /// <summary>Every parameter and buffer by OpenAI's name. The module keeps owning them.</summary>
    public IReadOnlyDictionary<string, Tensor> Weights() =>
        named_parameters().Select(p => (p.name, (Tensor)p.parameter)).Concat(named_buffers().Select(b => (b.name, b.buffer)))
            .ToDictionary(p => OpenAIName(p.Item1), p => p.Item2);

    /// <summary>Copies weights by OpenAI's names; buffers that are not among them stay as they are.</summary>
    /// <exception cref="ArgumentException">A parameter is missing or has another shape; the message names it.</exception>
    public void CopyFrom(IReadOnlyDictionary<string, Tensor> weights)
    {
        using var _ = no_grad();
        HashSet<string> parameters = [.. Parameters().Select(p => p.Name)];
        foreach ((string name, var value) in Weights())
        {
            if (!weights.TryGetValue(name, out var source))
            {
                if (parameters.Contains(name))
                {
                    throw new ArgumentException($"The weights have no '{name}' [{string.Join(", ", value.shape)}].", nameof(weights));
                }
                continue;
            }

            if (!source.shape.SequenceEqual(value.shape))
            {
                throw new ArgumentException($"'{name}' is [{string.Join(", ", source.shape)}], but the architecture has [{string.Join(", ", value.shape)}].", nameof(weights));
            }
            value.copy_(source);
        }
    }

    /// <summary>The parameters, by OpenAI's name.</summary>
    public IReadOnlyList<(string Name, Parameter Value)> Parameters() =>
        [.. named_parameters().Select(p => (OpenAIName(p.name), p.parameter))];

    /// <summary>Those that are trained: all, or the text tower's and t.</summary>
    public IReadOnlyList<(string Name, Parameter Value)> TrainedParameters() => [.. Parameters().Where(p => p.Value.requires_grad)];

    /// <summary>
    /// Locks the image tower for good (Zhai et al. 2022): its parameters get no gradient, and its norms take the statistics that they have and leave them so.
    /// </summary>
    public void LockImage()
    {
        foreach (var parameter in Image.parameters())
        {
            parameter.requires_grad = false;
        }
        IsImageLocked = true;
        Image.eval();
    }

    /// <summary>Makes it ready for a step of training.</summary>
    public void Learn()
    {
        train();
        if (IsImageLocked)
        {
            Image.eval();
        }
    }

    /// <summary>OpenAI's text tower has no level of its own in the names.</summary>
    private static string OpenAIName(string name) => name.StartsWith(TextPrefix, StringComparison.Ordinal) ? name[TextPrefix.Length..] : name;
}
