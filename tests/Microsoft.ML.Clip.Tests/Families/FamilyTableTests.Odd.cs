namespace Microsoft.ML.Clip.Tests;

/// <content>Bundles that lack something, or of which one side only can be done: that side works, and the other is refused when it is asked for.</content>
public sealed partial class FamilyTableTests
{
    private static readonly FamilyVerdict NoPatches = FamilyVerdict.Refused<NotSupportedException>("pixel_values", "[N, 3, height, width]");

    private static readonly Dictionary<string, (Action<FamilyFolder> Fill, string Golden, Row Row)> PartialTable = new()
    {
        // The settings of CLIP are the right ones here, and nobody has said so.
        ["clip, no preprocessing file"] = (f => Of("clip-split", f).Delete("preprocessor_config.json"), "clip-split",
            new(FamilyVerdict.Warned("preprocessor_config.json"), Right, Taking100)),
        ["clip-as-service, no JSON at all"] = (f => Of("clip-visual-textual", f).Delete("preprocessor_config.json"), "clip-split",
            new(FamilyVerdict.Refused<InvalidDataException>("224", "16 places"))),
        ["mobileclip, no preprocessing file"] = (f => Of("mobileclip-split-pad-0", f).Delete("preprocessor_config.json"), "mobileclip-split",
            new(FamilyVerdict.Doubtful("preprocessor_config.json"), Right, FamilyVerdict.Doubtful("preprocessor_config.json"))),
        ["transformers 5"] = (f => Of("clip-whole", f).Delete("preprocessor_config.json")
            .Json("processor_config.json", $$"""{ "image_processor": {{FamilyFiles.ClipPreprocessor}}, "processor_class": "CLIPProcessor" }"""), "clip-whole", new(Right, Right, Right)),
        ["transformers 5, SigLIP"] = (f => Of("siglip2-whole", f).Delete("preprocessor_config.json")
            .Json("processor_config.json", $$"""{ "image_processor": {{FamilyFiles.SiglipPreprocessor(2)}}, "processor_class": "Siglip2Processor" }"""), "siglip2-whole", new(Right, Right, Right)),
        // Nothing says what kind of model it is: the only vector is one before a projection, for all that anybody can tell.
        ["SigLIP 2, no config.json"] = (f => Of("siglip2-split", f).Delete("config.json"), "siglip2-split",
            new(FamilyVerdict.Refused<NotSupportedException>("onnx/vision_model.onnx"), FamilyVerdict.Refused<NotSupportedException>("onnx/text_model.onnx"),
                FamilyVerdict.Refused<NotSupportedException>("onnx/text_model.onnx"))),
        // Its texts would keep their capitals.
        ["SigLIP 2 whole, no config.json"] = (f => Of("siglip2-split-and-whole", f).Delete("config.json").Delete("onnx/vision_model.onnx").Delete("onnx/text_model.onnx"), "siglip2-whole",
            new(Right, FamilyVerdict.Doubtful("config.json"), Right)),
        ["SigLIP 1 whole, no config.json"] = (f => Of("siglip1-split-and-whole", f).Delete("config.json").Delete("onnx/vision_model.onnx").Delete("onnx/text_model.onnx"), "siglip1-whole",
            new(Right, FamilyVerdict.Doubtful("config.json"), Right)),
        ["mobileclip-immich, no config.json"] = (f => Of("mobileclip-immich", f).Delete("config.json"), "mobileclip-immich",
            new(Right, FamilyVerdict.Doubtful("ClipTokenizerOptions.PadId"), FamilyVerdict.Doubtful("ClipTokenizerOptions.PadId"))),
        ["coca-immich, no config.json"] = (f => Of("coca-immich", f).Delete("config.json"), "coca-immich",
            new(Right, FamilyVerdict.Doubtful("ClipTokenizerOptions.PadId"), FamilyVerdict.Doubtful("ClipTokenizerOptions.PadId"))),
        ["mobileclip, fixed axes"] = (f => Of("mobileclip-split", f).Graph("onnx/text_model.onnx", FamilyGraphs.Text(FamilyModel.MobileClip, TextPorts.HuggingFace with { Batch = 1, Length = 77 })),
            "mobileclip-split", new(Right, FamilyVerdict.Doubtful("ClipTokenizerOptions.PadId"), FamilyVerdict.Doubtful("ClipTokenizerOptions.PadId"))),
        ["clip, fixed axes"] = (f => Of("clip-split", f).Graph("onnx/text_model.onnx", FamilyGraphs.Text(FamilyModel.Clip, TextPorts.HuggingFace with { Batch = 1, Length = 77 })), "clip-split",
            new(Right, Right, Taking100)),
        // fastembed has a repository for each tower.
        ["images only"] = (f => Of("clip-split", f).Delete("onnx/text_model.onnx").Delete("onnx/vision_model.onnx")
            .Graph("model.onnx", FamilyGraphs.Image(FamilyModel.Clip, ImagePorts.HuggingFace)), "clip-split",
            new(Right, FamilyVerdict.Refused<InvalidOperationException>("no text encoder"), FamilyVerdict.Refused<InvalidOperationException>("no text encoder"))),
        ["texts only"] = (f => Of("clip-split", f).Delete("onnx/text_model.onnx").Delete("onnx/vision_model.onnx")
            .Graph("model.onnx", FamilyGraphs.Text(FamilyModel.Clip, TextPorts.HuggingFace with { TakesMask = true })), "clip-split",
            new(FamilyVerdict.Refused<InvalidOperationException>("no image encoder"), Right, FamilyVerdict.Refused<InvalidOperationException>("no image encoder"))),
        // As the model was first published.
        ["chinese-clip, vocab.txt only"] = (f => Of("chinese-clip", f).Delete("tokenizer.json").Text("vocab.txt", string.Join('\n', FamilyTokenizers.BertTokens)), "chinese-clip",
            new(Right, Right, Right)),
        // A list that only other libraries read.
        ["siglip1, spiece.model only"] = (f => Of("siglip1-whole", f).Delete("tokenizer.json").Text("spiece.model", "\n"), "siglip1-whole",
            new(Right, FamilyVerdict.Refused<FileNotFoundException>("tokenizer.json"), FamilyVerdict.Refused<FileNotFoundException>("tokenizer.json"))),
        // NaFlex and fg-clip2 cut images into patches themselves.
        ["patches instead of images"] = (f => Of("siglip2-split", f).Graph("onnx/vision_model.onnx", new TinyOnnx().Input("pixel_values", TinyOnnx.Float, "batch_size", 256, 768)
            .Input("pixel_attention_mask", TinyOnnx.Int64, "batch_size", 256).Input("spatial_shapes", TinyOnnx.Int64, "batch_size", 2).Integers("axis", [1], 1)
            .Node("ReduceSum", ["pixel_values", "axis"], ["pooler_output"], ("keepdims", 0)).Output("pooler_output", TinyOnnx.Float, "batch_size", 768)), "siglip2-split",
            new(NoPatches, Right, NotTold)),
        ["images with their channels last"] = (f => Of("clip-split", f).Graph("onnx/vision_model.onnx", new TinyOnnx().Input("pixel_values", TinyOnnx.Float, "batch_size", 32, 32, 3)
            .Integers("axes", [1, 2], 2).Node("ReduceSum", ["pixel_values", "axes"], ["image_embeds"], ("keepdims", 0)).Output("image_embeds", TinyOnnx.Float, "batch_size", 3)), "clip-split",
            new(NoPatches, Right, NoPatches)),
        ["images of bytes"] = (f => Of("clip-split", f).Graph("onnx/vision_model.onnx", new TinyOnnx().Input("pixel_values", Bytes, "batch_size", 3, 32, 32)
            .Integers("axes", [2, 3], 2).Node("Cast", ["pixel_values"], ["pixels"], ("to", TinyOnnx.Float)).Node("ReduceSum", ["pixels", "axes"], ["image_embeds"], ("keepdims", 0))
            .Output("image_embeds", TinyOnnx.Float, "batch_size", 3)), "clip-split", new(NoPatches, Right, NoPatches)),
        // A text model without its projection: only the states of its places.
        ["texts without an embedding"] = (f => Of("clip-split", f).Graph("onnx/text_model.onnx", new TinyOnnx().Input("input_ids", TinyOnnx.Int64, "batch_size", "sequence_length")
            .Weights("table", new float[527 * 8], 527, 8).Node("Gather", ["table", "input_ids"], ["last_hidden_state"], ("axis", 0))
            .Output("last_hidden_state", TinyOnnx.Float, "batch_size", "sequence_length", 8)), "clip-split",
            new(Right, FamilyVerdict.Refused<NotSupportedException>("onnx/text_model.onnx", "no output that is a text embedding"),
                FamilyVerdict.Refused<NotSupportedException>("onnx/text_model.onnx", "no output that is a text embedding"))),
        ["a tokenizer of another kind"] = (f => Of("xlm-r-immich", f).Json("textual/tokenizer.json",
            """{ "version": "1.0", "added_tokens": [], "model": { "type": "WordLevel", "vocab": { "a": 0 }, "unk_token": "a" } }"""), "xlm-r-immich",
            new(Right, FamilyVerdict.Refused<NotSupportedException>("'WordLevel'"), FamilyVerdict.Refused<NotSupportedException>("'WordLevel'"))),
        // Two lists of CLIP's form with another tokenizer's content.
        ["RoBERTa without tokenizer.json"] = (f => Of("roberta-immich", f).Delete("textual/tokenizer.json").Json("textual/vocab.json", """{ "<s>": 0, "</s>": 2, "\u0120a": 3 }""")
            .Text("textual/merges.txt", "#version: 0.2\n\u0120 a\n"), "roberta-immich",
            new(Right, FamilyVerdict.Refused<NotSupportedException>("'</w>'", "tokenizer.json"), FamilyVerdict.Refused<NotSupportedException>("'</w>'", "tokenizer.json"))),
        // The graph alone tells how long texts are.
        ["chinese-clip's own graphs, no config.json"] = (f => Of("chinese-clip-own", f).Delete("config.json"), "chinese-clip-own", new(Right, Right, Taking100)),
        ["a folder of MobileCLIP 2"] = (f => f.Split(FamilyModel.MobileClip).Json("preprocessor_config.json", FamilyFiles.MobileClip2Preprocessor).Tokenizer(t => FamilyTokenizers.Clip(t, "!")),
            "mobileclip2-s0", new(Right, Right, Taking100)),
        ["one graph of MobileCLIP 2, without the tokenizer above"] = (f => f.Split(FamilyModel.MobileClip, folder: ".").Json("preprocessor_config.json", FamilyFiles.MobileClip2Preprocessor),
            "mobileclip2-s0", new(Right, FamilyVerdict.Refused<FileNotFoundException>("tokenizer.json"), FamilyVerdict.Refused<FileNotFoundException>("tokenizer.json"))),
    };

    // TensorProto.DataType.UINT8.
    private const int Bytes = 2;

    private static FamilyFolder Of(string bundle, FamilyFolder folder)
    {
        FamilyBundles.All[bundle].Fill(folder);
        return folder;
    }
}
