using System.Buffers;
using CsCheck;
using Microsoft.ML.Tokenizers;

namespace Microsoft.ML.Clip.Tests;

/// <summary>The behaviour that does not depend on the vocabulary, and the contract of <see cref="Tokenizer"/>.</summary>
public class ClipTokenizerTests
{
    private static readonly ClipTokenizer HuggingFace = TinyTokenizer.Load();
    private static readonly ClipTokenizer OpenAI = TinyTokenizer.Load(ClipTextCleaning.OpenAI);

    // Letters of several scripts, marks, digits, punctuation, white space, astral letters and symbols.
    private static readonly Gen<string> Texts = Gen.OneOfConst(
        "a", "B", "cat", "photo", "red car", "\u00e9", "e\u0301", "\u0130", "\u03a3", "\u017f", "\u4e2d", "\ud55c", "\u1161", "\U0001D400", "\U0001F600", "\u0345", "\u0323\u0301",
        "1", "\u0665", "\u2167", "'s", "'LL", "n't", "!", "...", "&amp;", "<|", "|>", "-", " ", "  ", "\t", "\u00a0", "\u3000", "\u200d", "\u0000", "\u001c")
        .Array[0, 12].Select(parts => string.Concat(parts));

    [Theory]
    [InlineData("cat", "cat</w>")]
    [InlineData("a PHOTO of", "a</w> photo</w> of</w>")]
    [InlineData("caro", "ca r o</w>")]
    [InlineData("", "")]
    [InlineData(" \t\r\n\u3000 ", "")]
    public void EncodeToTokens_Words_AreMergedInOrder(string text, string tokens)
    {
        string[] expected = ["<|startoftext|>", .. tokens.Split(' ', StringSplitOptions.RemoveEmptyEntries), "<|endoftext|>"];
        Assert.Equal(expected, HuggingFace.EncodeToTokens(text, out _).Select(t => t.Value));
    }

    [Fact]
    public void EncodeToContext_ShortText_IsPaddedAndCounted()
    {
        int[] ids = new int[TinyTokenizer.ContextLength];
        int count = HuggingFace.EncodeToContext("red cat", ids, out bool truncated);
        Assert.Equal((4, false), (count, truncated));
        Assert.Equal(HuggingFace.EncodeToIds("red cat"), ids[..4]);
        Assert.All(ids[4..], id => Assert.Equal(HuggingFace.PadId, id));
    }

    [Theory]
    [InlineData(9, false), InlineData(10, false), InlineData(11, true), InlineData(500, true)]
    public void EncodeToContext_LongText_LosesItsEndButNotTheEndToken(int words, bool isTooLong)
    {
        int[] ids = new int[TinyTokenizer.ContextLength];
        string text = string.Concat(Enumerable.Repeat("cat ", words));
        int count = HuggingFace.EncodeToContext(text, ids, out bool truncated);
        Assert.Equal((isTooLong, Math.Min(words + 2, ids.Length)), (truncated, count));
        Assert.Equal(HuggingFace.StartOfTextId, ids[0]);
        Assert.Equal(HuggingFace.EndOfTextId, ids[count - 1]);
        Assert.Single(ids[..count], HuggingFace.EndOfTextId);
    }

    [Fact]
    public void EncodeToContext_WrongLength_SaysTheRightOne()
    {
        var error = Assert.Throws<ArgumentException>(() => HuggingFace.EncodeToContext("cat", new int[5], out _));
        Assert.Contains("12", error.Message, StringComparison.Ordinal);
        Assert.Contains("5", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ClipTextCleaning.HuggingFace), InlineData(ClipTextCleaning.OpenAI)]
    public void Decode_EncodedText_IsItsPiecesWithSpacesBetween(ClipTextCleaning cleaning)
    {
        var tokenizer = cleaning == ClipTextCleaning.OpenAI ? OpenAI : HuggingFace;
        Texts.Sample(text =>
        {
            string normalized = tokenizer.Normalizer!.Normalize(text);
            string pieces = string.Join(' ', tokenizer.PreTokenizer!.PreTokenize(normalized).Select(p => normalized.Substring(p.Offset, p.Length)));
            return tokenizer.Decode(tokenizer.EncodeToIds(text), considerSpecialTokens: false) == pieces;
        }, iter: 3000);
    }

    [Fact]
    public void EncodeToIds_DecodedText_GivesTheSameIds() => Texts.Sample(text =>
    {
        var ids = HuggingFace.EncodeToIds(text);
        return HuggingFace.EncodeToIds(HuggingFace.Decode(ids, considerSpecialTokens: false)).SequenceEqual(ids);
    }, iter: 3000);

    [Fact]
    public void Tokenizer_AllWaysToEncode_Agree() => Texts.Sample(text =>
    {
        var ids = HuggingFace.EncodeToIds(text);
        var tokens = HuggingFace.EncodeToTokens(text, out string? normalized);
        int[] context = new int[HuggingFace.ContextLength];
        int count = HuggingFace.EncodeToContext(text, context, out bool truncated);
        bool agree = tokens.Select(t => t.Id).SequenceEqual(ids) && HuggingFace.CountTokens(text) == ids.Count
            && truncated == ids.Count > context.Length && count == Math.Min(ids.Count, context.Length)
                && context[..(count - 1)].SequenceEqual(ids.Take(count - 1));
        // Offsets run on through the normalised text, and with them so do the token's bytes.
        int end = 0;
        foreach (var token in tokens)
        {
            agree &= token.Offset.Start.Value <= token.Offset.End.Value && token.Offset.End.Value >= end && token.Offset.End.Value <= normalized!.Length;
            end = token.Offset.End.Value;
        }
        return agree;
    }, iter: 3000);

    [Fact]
    public void EncodeToTokens_Offsets_PointIntoTheNormalizedText()
    {
        var tokens = HuggingFace.EncodeToTokens("A  red\tCAT\u00e9!", out string? normalized);
        Assert.Equal("a red cat\u00e9!", normalized);
        string[] expected = ["", "a", "red", "ca", "t", "\u00e9", "\u00e9", "!", ""];
        Assert.Equal(expected, tokens.Select(t => normalized![t.Offset]));
    }

    [Fact]
    public void EncodeToIds_Limit_KeepsWholeTokensAndSaysWhereTheTextWasCut()
    {
        const string Text = "red cat of dog";
        for (int limit = 1; limit < 10; limit++)
        {
            var ids = HuggingFace.EncodeToIds(Text, limit, out string? normalized, out int consumed);
            var whole = HuggingFace.EncodeToIds(Text);
            Assert.Equal(limit < 2 ? 0 : Math.Min(limit, whole.Count), ids.Count);
            if (limit >= 2)
            {
                Assert.Equal(whole.Take(ids.Count - 1), ids.Take(ids.Count - 1));
                Assert.Equal(HuggingFace.EndOfTextId, ids[^1]);
                Assert.Equal(ids, HuggingFace.EncodeToIds(normalized![..consumed]));
            }
        }
    }

    [Fact]
    public void GetIndexByTokenCount_EveryLimit_SplitsAtTheToken()
    {
        const string Text = "red cat of dog";
        Assert.Equal(7, HuggingFace.GetIndexByTokenCount(Text, 4, out string? normalized, out int count));
        Assert.Equal((Text, 4), (normalized, count));
        Assert.Equal(Text.Length, HuggingFace.GetIndexByTokenCount(Text, 100, out _, out count));
        Assert.Equal(6, count);
        Assert.Equal(8, HuggingFace.GetIndexByTokenCountFromEnd(Text, 4, out _, out count));
        Assert.Equal(4, count);
        Assert.Equal(0, HuggingFace.GetIndexByTokenCountFromEnd(Text, 100, out _, out _));
        Assert.Throws<ArgumentOutOfRangeException>(() => HuggingFace.GetIndexByTokenCount(Text, 0, out _, out _));
    }

    [Fact]
    public void GetIndexByTokenCountFromEnd_CharacterOfSeveralTokens_IsNotCutApart()
    {
        // The letter takes three bytes, and the vocabulary has no merges for them.
        Assert.Equal(5, HuggingFace.CountTokens("\u4e2d"));
        Assert.Equal(1, HuggingFace.GetIndexByTokenCountFromEnd("\u4e2d", 4, out _, out int count));
        Assert.Equal(2, count);
        Assert.Equal(0, HuggingFace.GetIndexByTokenCount("\u4e2d", 4, out _, out _));
    }

    [Fact]
    public void Decode_Buffer_StopsWhereItIsFull()
    {
        int[] ids = [.. HuggingFace.EncodeToIds("red caf\u00e9 \U0001F600 photo")];
        string whole = HuggingFace.Decode(ids);
        for (int length = 0; length <= whole.Length; length++)
        {
            char[] buffer = new char[length];
            var status = HuggingFace.Decode(ids, buffer, out int consumed, out int written);
            Assert.Equal(length == whole.Length ? OperationStatus.Done : OperationStatus.DestinationTooSmall, status);
            Assert.StartsWith(new string(buffer, 0, written), whole, StringComparison.Ordinal);
            // Going on behind the ids that were consumed gives the rest.
            if (status == OperationStatus.DestinationTooSmall)
            {
                Assert.True(consumed < ids.Length);
            }
            else
            {
                Assert.Equal((ids.Length, whole.Length), (consumed, written));
            }
        }
    }

    [Fact]
    public void Decode_UnknownId_IsNamed()
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => HuggingFace.Decode([HuggingFace.EndOfTextId, 123456]));
        Assert.Contains("123456", error.Message, StringComparison.Ordinal);
        Assert.Equal(OperationStatus.InvalidData, HuggingFace.Decode([-1], new char[9], out int consumed, out _));
        Assert.Equal(0, consumed);
    }

    [Fact]
    public void Decode_PaddingThatIsAnOrdinaryToken_IsLeftOutBehindTheEndOnly()
    {
        // OpenAI pads with 0, the id of "!" within a word.
        int[] ids = new int[OpenAI.ContextLength];
        OpenAI.EncodeToContext("cat !?", ids, out _);
        Assert.Equal((0, 0), (OpenAI.PadId, ids[^1]));
        Assert.Equal("cat !?", OpenAI.Decode(ids, considerSpecialTokens: false));
    }

    [Fact]
    public void Decode_HalfACharacter_ReadsAsTheReplacementCharacter()
    {
        var ids = HuggingFace.EncodeToIds("\u4e2d");
        Assert.Equal("\uFFFD", HuggingFace.Decode([ids[1]]));
    }

    [Theory]
    [InlineData(ClipTextCleaning.HuggingFace, "cat <|endoftext|> cat", true)]
    [InlineData(ClipTextCleaning.HuggingFace, "cat <|ENDOFTEXT|> cat", false)] // not a normalised token: found in the text as given only
    [InlineData(ClipTextCleaning.HuggingFace, "cat<|endoftext|>cat", true)]
    [InlineData(ClipTextCleaning.OpenAI, "cat <|endoftext|> cat", true)]
    [InlineData(ClipTextCleaning.OpenAI, "cat <|ENDOFTEXT|> cat", true)]
    [InlineData(ClipTextCleaning.OpenAI, "cat &lt;|endoftext|&gt; cat", true)]
    [InlineData(ClipTextCleaning.OpenAI, "cat <|endoftext|", false)]
    public void EncodeToIds_EndTokenInText_IsItsId(ClipTextCleaning cleaning, string text, bool found)
    {
        var ids = (cleaning == ClipTextCleaning.OpenAI ? OpenAI : HuggingFace).EncodeToIds(text);
        Assert.Equal(found ? 2 : 1, ids.Count(id => id == TinyTokenizerFiles.EndOfText));
    }

    [Fact]
    public void EncodeToIds_StartTokenInAnyCase_IsItsId()
    {
        // The start token is looked for in the normalised text, as the released tokenizer.json has it.
        Assert.Equal(2, HuggingFace.EncodeToIds("<|StartOfText|> cat").Count(id => id == TinyTokenizerFiles.StartOfText));
        Assert.Equal(2, HuggingFace.EncodeToIds("<|startoftext|> cat").Count(id => id == TinyTokenizerFiles.StartOfText));
    }

    [Fact]
    public void EncodeToIds_LoneSurrogates_ReadAsTheReplacementCharacter()
    {
        foreach (var tokenizer in (ClipTokenizer[])[HuggingFace, OpenAI])
        {
            Assert.Equal(tokenizer.EncodeToIds("a\uFFFDb\uFFFD"), tokenizer.EncodeToIds("a\uD800b\uDC00"));
        }
    }

    [Fact]
    public void EncodeToIds_WithoutNormalization_TakesTheTextAsItIs()
    {
        Assert.NotEqual(HuggingFace.EncodeToIds("CAT"), HuggingFace.EncodeToIds("CAT", considerNormalization: false));
        Assert.Equal(HuggingFace.EncodeToIds("cat"), HuggingFace.EncodeToIds("cat", considerNormalization: false));
        Assert.Equal("red cat", HuggingFace.Decode(HuggingFace.EncodeToIds("red cat", considerPreTokenization: false), false));
        Assert.True(HuggingFace.EncodeToIds("red cat", considerPreTokenization: false).Count > HuggingFace.EncodeToIds("red cat").Count);
    }

    [Fact]
    public void EncodeToIds_ManyThreads_GiveTheSameIds()
    {
        string[] texts = [.. Enumerable.Range(0, 64).Select(i => string.Concat(Enumerable.Repeat($"photo {i} of Caf\u00e9 e\u0301 ", i)))];
        var alone = texts.Select(t => TinyTokenizer.Load().EncodeToIds(t)).ToArray();
        Parallel.For(0, 2000, i => Assert.Equal(alone[i % texts.Length], HuggingFace.EncodeToIds(texts[i % texts.Length])));
    }

    [Fact]
    public void EncodeToIds_VeryLongWord_TakesNoLongerThanItsLength()
    {
        // A million letters in one word: anything quadratic would not end.
        int count = HuggingFace.CountTokens(string.Concat(Enumerable.Repeat("photo", 200_000)));
        Assert.InRange(count, 400_000, 1_000_002);
    }
}
