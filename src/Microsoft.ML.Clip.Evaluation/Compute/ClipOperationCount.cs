namespace Microsoft.ML.Clip;

/// <summary>How much of a tower one kind of operation is.</summary>
/// <param name="Operation">The operation, as ONNX calls it.</param>
/// <param name="Count">How many there are.</param>
/// <param name="MultiplyAdds">What they cost for one image, in multiply-adds; 0 of operations that go through values one by one.</param>
/// <param name="Parameters">How many weights they read.</param>
public readonly record struct ClipOperationCount(string Operation, int Count, long MultiplyAdds, long Parameters);
