using System.Runtime.CompilerServices;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Clip;

/// <summary>Brings what a <see cref="ClipModel"/> has to say into ML.NET's log, and what an <see cref="MLContext"/> says of devices to the model.</summary>
internal static class ModelMessages
{
    private static readonly ConditionalWeakTable<ClipModel, object> Connected = [];

    /// <summary>Connects a model with the first environment that uses it, so that steps which share it do not repeat each other.</summary>
    public static void Connect(IHost host, ClipModel model)
    {
        if (host is IHostEnvironmentInternal environment)
        {
            model.UseDeviceDefaults(environment.GpuDeviceId, environment.FallbackToCpu);
        }
        if (Connected.TryAdd(model, model))
        {
            model.Message += (_, message) => Log(host, message);
        }
    }

    private static void Log(IHost host, ClipModelMessage message)
    {
        using var channel = host.Start("CLIP model");
        if (message.Kind == ClipModelMessageKind.Warning)
        {
            channel.Warning(message.Text);
        }
        else
        {
            channel.Info(message.Text);
        }
    }
}
