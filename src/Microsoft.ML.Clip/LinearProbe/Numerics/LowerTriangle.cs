namespace Microsoft.ML.Clip;

/// <summary>
/// The lower triangle of a symmetric matrix in about half of its memory: panels of <see cref="MatrixKernel.PanelWidth"/> columns, one after the other, each
/// from its diagonal block down. What a panel holds above the diagonal means nothing.
/// </summary>
internal sealed unsafe class LowerTriangle
{
    private readonly FloatBuffer _values;

    /// <param name="size">The order of the matrix.</param>
    public LowerTriangle(int size)
    {
        Size = size;
        Panels = (size + MatrixKernel.PanelWidth - 1) / MatrixKernel.PanelWidth;
        _values = new FloatBuffer(Start(Panels));
    }

    /// <summary>The order of the matrix.</summary>
    public int Size { get; }

    /// <summary>How many panels there are.</summary>
    public int Panels { get; }

    /// <summary>An element on or below the diagonal.</summary>
    public float this[int row, int column]
    {
        get
        {
            int panel = column / MatrixKernel.PanelWidth, first = panel * MatrixKernel.PanelWidth;
            return Panel(panel)[((row - first) * MatrixKernel.PanelWidth) + column - first];
        }
    }

    /// <summary>A panel: rows from <c>panel * PanelWidth</c> to the last, <see cref="MatrixKernel.PanelWidth"/> values each.</summary>
    public float* Panel(int panel) => _values.Pointer + Start(panel);

    // Panels before it have Size, Size - PanelWidth, ... rows; the last may have fewer than PanelWidth.
    private int Start(int panel)
    {
        int rows = panel < Panels
            ? (panel * Size) - (panel * (panel - 1) / 2 * MatrixKernel.PanelWidth)
            : Start(panel - 1) / MatrixKernel.PanelWidth + Size - ((panel - 1) * MatrixKernel.PanelWidth);
        return rows * MatrixKernel.PanelWidth;
    }
}
