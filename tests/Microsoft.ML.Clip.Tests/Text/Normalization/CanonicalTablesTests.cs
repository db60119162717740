namespace Microsoft.ML.Clip.Tests;

/// <summary>The tables behind normalisation form C.</summary>
public sealed class CanonicalTablesTests
{
    [Theory]
    [InlineData('a', 0), InlineData(0x2FF, 0), InlineData(0x301, 230), InlineData(0x323, 220), InlineData(0x334, 1), InlineData(0x345, 240)]
    [InlineData(0x1D165, 216)]
    public void CombiningClass_IsTheDatabases(int codePoint, int expected) => Assert.Equal(expected, CanonicalTables.CombiningClass(codePoint));

    [Fact]
    public void Decomposition_AndItsWayBack()
    {
        Assert.True(CanonicalTables.TryDecompose(0xC5, out var parts));
        Assert.Equal(('A', 0x30A), parts);
        Assert.True(CanonicalTables.TryCompose('A', 0x30A, out int composite));
        Assert.Equal(0xC5, composite);
        // The Angstrom sign decomposes to one code point, and nothing composes to it.
        Assert.True(CanonicalTables.TryDecompose(0x212B, out parts));
        Assert.Equal((0xC5, 0), parts);
        // An exclusion decomposes, and its parts do not compose.
        Assert.True(CanonicalTables.TryDecompose(0x958, out parts));
        Assert.False(CanonicalTables.TryCompose(parts.First, parts.Second, out _));
        Assert.False(CanonicalTables.TryDecompose('a', out _));
    }

    [Theory]
    [InlineData('a', false), InlineData(0xC5, false), InlineData(0x301, true), InlineData(0x212B, true), InlineData(0x958, true)]
    [InlineData(0x1161, true), InlineData(0x11A8, true), InlineData(0x11A7, false), InlineData(0x1100, false), InlineData(0xAC00, false)]
    [InlineData(0x2FA1D, true), InlineData(0x2FA1E, false), InlineData(0x2FA20, false), InlineData(0x10FFFF, false)]
    public void IsActive_WhatMayChange(int codePoint, bool expected) => Assert.Equal(expected, CanonicalTables.IsActive(codePoint));
}
