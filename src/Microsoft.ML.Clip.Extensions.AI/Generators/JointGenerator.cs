using Microsoft.Extensions.AI;

namespace Microsoft.ML.Clip;

/// <summary>Texts and images to embeddings, each kind through its encoder in one go.</summary>
internal sealed class JointGenerator(ClipModel clip, string? modelId) : ClipGenerator<object>(clip, modelId)
{
    protected override (float[][] Vectors, long? Tokens) Embed(object[] inputs, CancellationToken cancellationToken)
    {
        var (textPlaces, imagePlaces) = (new List<int>(), new List<int>());
        for (int i = 0; i < inputs.Length; i++)
        {
            var places = inputs[i] switch
            {
                string => textPlaces,
                DataContent => imagePlaces,
                var other => throw new ArgumentException(
                    $"values[{i}] is a {other.GetType()}; a text ({nameof(String)}) or an image ({nameof(DataContent)}) is expected.", "values"),
            };
            places.Add(i);
        }
        float[][] vectors = new float[inputs.Length][];
        long? tokens = null;
        if (imagePlaces.Count > 0)
        {
            var images = new ImageInputs([.. imagePlaces.Select(i => (DataContent)inputs[i])], imagePlaces);
            Scatter(images.Embed(Clip, cancellationToken), imagePlaces);
        }
        if (textPlaces.Count > 0)
        {
            (float[][] some, tokens) = new TextInputs([.. textPlaces.Select(i => (string)inputs[i])], textPlaces).Embed(Clip, cancellationToken);
            Scatter(some, textPlaces);
        }
        return (vectors, tokens);

        void Scatter(float[][] some, List<int> places)
        {
            for (int i = 0; i < some.Length; i++)
            {
                vectors[places[i]] = some[i];
            }
        }
    }
}
