using System.Runtime.CompilerServices;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Clip;

/// <summary>
/// What the CLIP transformers share: rows are read ahead and computed in batches, every column of the input is passed through, and a saved
/// transformer loads in a fresh process with nothing registered.
/// </summary>
/// <remarks>
/// <para><b>Thread safety</b>: a transformer is immutable and may be used by several threads; a cursor or a prediction engine by one at a
/// time. ML.NET does not notice where several use one engine, and mixes up their answers; a call of which the step sees that it meets another ends in an
/// <see cref="InvalidOperationException"/>. Take engines from a <c>PredictionEnginePool</c> (package Microsoft.Extensions.ML).</para>
/// <para><b>Ownership</b>: a transformer holds a share in its <see cref="ClipModel"/>. It goes on working after the model that it was fitted with is
/// disposed; the encoders are freed when the model and every transformer that uses it are disposed.</para>
/// </remarks>
public abstract class ClipTransformer : ITransformer, IDisposable
{
    private readonly IDisposable? _share;

    private protected ClipTransformer(IHost host, ClipModel? model, IDisposable? share)
    {
        (Host, _share) = (host, share);
        if (model is not null)
        {
            ModelMessages.Connect(host, model);
        }
    }

    private protected IHost Host { get; }

    bool ITransformer.IsRowToRowMapper => true;

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">The input column is missing or of a type that the step cannot read.</exception>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema)
    {
        Host.CheckValue(inputSchema, nameof(inputSchema));
        return new ColumnBindings(inputSchema, Bind(inputSchema).Outputs.Columns).Schema;
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">The input column is missing or of a type that the step cannot read.</exception>
    public IDataView Transform(IDataView input)
    {
        Host.CheckValue(input, nameof(input));
        var mapper = Bind(input.Schema);
        LookAt(input.Schema);
        return mapper.CreateView(Host, input);
    }

    IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema)
    {
        Host.CheckValue(inputSchema, nameof(inputSchema));
        return new RowToRowMapperTransform(Host, new EmptyDataView(Host, inputSchema), new RowMapper(this, inputSchema), s => new RowMapper(this, s));
    }

    void ICanSaveModel.Save(ModelSaveContext ctx)
    {
        Host.CheckValue(ctx, nameof(ctx));
        ctx.CheckAtModel();
        SaveModel(ctx);
    }

    /// <summary>Gives the share in the model back. A model that the caller supplied stays the caller's.</summary>
    public void Dispose()
    {
        _share?.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Checks the schema and says what will be added to it.</summary>
    private protected abstract BatchMapper Bind(DataViewSchema schema);

    /// <summary>Warns of what is odd about data that are to be transformed.</summary>
    private protected virtual void LookAt(DataViewSchema schema)
    {
    }

    private protected abstract void SaveModel(ModelSaveContext ctx);

    /// <summary>ML.NET's way into a step one row at a time.</summary>
    private sealed class RowMapper(ClipTransformer parent, DataViewSchema schema) : IRowMapper
    {
        private readonly BatchMapper _mapper = parent.Bind(schema);

        Func<int, bool> IRowMapper.GetDependencies(Func<int, bool> activeOutput) =>
            Enumerable.Range(0, _mapper.Outputs.Columns.Length).Any(activeOutput) ? column => column == _mapper.Input.Index : _ => false;

        DataViewSchema.DetachedColumn[] IRowMapper.GetOutputColumns() => _mapper.Outputs.Columns;

        Delegate[] IRowMapper.CreateGetters(DataViewRow input, Func<int, bool> activeOutput, out Action? disposer)
        {
            disposer = null;
            return _mapper.CreateRowGetters(parent.Host, input, activeOutput)!;
        }

        ITransformer IRowMapper.GetTransformer() => parent;

        void ICanSaveModel.Save(ModelSaveContext ctx) => ((ICanSaveModel)parent).Save(ctx);
    }
}

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
