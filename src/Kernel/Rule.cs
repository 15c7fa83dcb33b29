namespace Reference.Kernel;

/// <summary>Names the numbered rule of spec/ that a member carries out, or that an invariant states.</summary>
/// <remarks>The build fails on an id that spec/ doesn't define, and on a rule of spec/ that nothing cites.</remarks>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Property | AttributeTargets.Field | AttributeTargets.Class | AttributeTargets.Struct, AllowMultiple = true)]
public sealed class RuleAttribute(string id) : Attribute
{
    /// <summary>The rule's id, <c>AREA-PHASE-n</c>; numbers are never reused or shifted.</summary>
    public string Id { get; } = id;
}
