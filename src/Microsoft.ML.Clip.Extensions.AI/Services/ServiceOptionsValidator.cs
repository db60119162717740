using Microsoft.Extensions.Options;

namespace Microsoft.ML.Clip;

/// <summary>Finds what is wrong with the options before anything is loaded. What the model itself refuses, it says when it is loaded.</summary>
internal sealed class ServiceOptionsValidator : IValidateOptions<ClipServiceOptions>
{
    public ValidateOptionsResult Validate(string? name, ClipServiceOptions options)
    {
        string of = string.IsNullOrEmpty(name) ? nameof(ClipServiceOptions) : $"{nameof(ClipServiceOptions)} '{name}'";
        var errors = new List<string>();
        if (string.IsNullOrWhiteSpace(options.Directory) == string.IsNullOrWhiteSpace(options.HubId))
        {
            errors.Add($"{of}: exactly one of {nameof(options.Directory)} and {nameof(options.HubId)} says which model it is; "
                + (string.IsNullOrWhiteSpace(options.Directory) ? "neither is set." : $"both are set, to '{options.Directory}' and '{options.HubId}'."));
        }
        if (options.ModelId is not null && string.IsNullOrWhiteSpace(options.ModelId))
        {
            errors.Add($"{of}: {nameof(options.ModelId)} is empty; null stands for the name of the model.");
        }
        if (options.Model is null)
        {
            errors.Add($"{of}: {nameof(options.Model)} is null.");
        }
        if (options.Hub is null)
        {
            errors.Add($"{of}: {nameof(options.Hub)} is null.");
        }
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }
}
