using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using Reference.Systematic.World;

namespace Reference.Systematic.Breaking;

/// <summary>A rule in its empty or naive form, made at run time: one method that cites it does nothing, says always yes, always no, or gives back what it was given.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Method">The method, of the core that carries it out.</param>
/// <param name="Name">The form.</param>
public sealed record NaiveForm(string Rule, MethodInfo Method, string Name)
{
    private Type? _player;

    /// <summary>The core's subclass that has the rule so.</summary>
    public Type Player => _player ??= Emit();

    /// <summary>Its name in files.</summary>
    public string Id => $"{Rule}/{Method.Name}/{Name}";

    /// <summary>What was done to the rule.</summary>
    public string About => Name switch
    {
        "nothing" => $"{Method.Name} does nothing",
        "silent" => $"{Method.Name} changes the state, and has no effect on the world",
        "always" => $"{Method.Name} always says yes",
        "never" => $"{Method.Name} always says no",
        "unchanged" => $"{Method.Name} gives back what it was given",
        _ => $"{Method.Name} gives nothing",
    };

    /// <summary>All forms in which a rule can be broken, by the methods that cite it in any of the cores: first by those that carry out little else, the sums before the steps.</summary>
    public static ImmutableArray<NaiveForm> Of(string rule) =>
        [.. Cores.SelectMany(RuleRecorder.RuleMethods).Where(m => m.Rules.Contains(rule)).OrderBy(m => m.Rules.Length).ThenBy(m => IsStep(m.Method.ReturnType)).SelectMany(m => FormsOf(m.Method).Select(form => new NaiveForm(rule, m.Method, form)))];

    /// <summary>The form of that name; null if there is none.</summary>
    public static NaiveForm? Named(string id) => id.Split('/') is [var rule, _, _] ? Of(rule).FirstOrDefault(f => f.Id == id) : null;

    /// <summary>The cores that live in some world.</summary>
    public static ImmutableArray<Type> Cores { get; } = [.. Worlds.All.SelectMany(w => w.Cores).Distinct()];

    private static IEnumerable<string> FormsOf(MethodInfo method)
    {
        var (returns, takes) = (method.ReturnType, method.GetParameters());
        if (returns == typeof(void)) return ["nothing"];
        if (IsStep(returns)) return takes.Length > 0 && takes[0].ParameterType == returns.GetGenericArguments()[0] ? ["nothing", "silent"] : [];
        if (returns == typeof(bool)) return ["always", "never"];
        var forms = new List<string>();
        if (takes.Any(p => p.ParameterType == returns)) forms.Add("unchanged");
        if (returns.IsValueType || IsEnumerable(returns) || IsRecord(returns) || EmptyOf(returns) is not null) forms.Add("empty");
        return forms;
    }

    internal static bool IsStep(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Step<,>);

    private static bool IsEnumerable(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IEnumerable<>);

    private static bool IsRecord(Type type) => type.IsClass && type.GetConstructors().Length == 1 && type.GetMethod("<Clone>$") is not null;

    private Type Emit()
    {
        var type = Emitted.Class(Method.ReflectedType!, "Naive" + Method.ReflectedType!.Name);
        var il = Emitted.Override(type, Method);
        il.Emit(OpCodes.Call, typeof(RuntimeHelpers).GetMethod(nameof(RuntimeHelpers.EnsureSufficientExecutionStack))!);     // a core may call itself for ever without its rule: that it may not
        var returns = Method.ReturnType;
        switch (Name)
        {
            case "nothing" when returns != typeof(void):
                il.Emit(OpCodes.Ldarg_1);
                il.Emit(OpCodes.Call, typeof(NaiveForm).GetMethod(Method.GetParameters().Length > 2 ? nameof(Ignored) : nameof(Nothing))!.MakeGenericMethod(returns.GetGenericArguments()));
                break;
            case "silent":
                Emitted.CallBase(il, Method);
                il.Emit(OpCodes.Call, typeof(NaiveForm).GetMethod(nameof(Silent))!.MakeGenericMethod(returns.GetGenericArguments()));
                break;
            case "always" or "never":
                il.Emit(Name == "always" ? OpCodes.Ldc_I4_1 : OpCodes.Ldc_I4_0);
                break;
            case "unchanged":
                il.Emit(OpCodes.Ldarg, (short)(1 + Array.FindIndex(Method.GetParameters(), p => p.ParameterType == returns)));
                break;
            case "empty":
                il.Emit(OpCodes.Call, IsEnumerable(returns)
                    ? typeof(Enumerable).GetMethod(nameof(Enumerable.Empty))!.MakeGenericMethod(returns.GetGenericArguments())
                    : typeof(NaiveForm).GetMethod(nameof(Empty))!.MakeGenericMethod(returns));
                break;
        }
        il.Emit(OpCodes.Ret);
        return type.CreateType();
    }

    /// <summary>The step that does nothing.</summary>
    public static Step<TState, TEffect> Nothing<TState, TEffect>(TState s) => new(s, []);

    /// <summary>The same, of a message: it's ignored, and says so.</summary>
    public static Step<TState, TEffect> Ignored<TState, TEffect>(TState s) => new(s, [], "the rule for it is switched off");

    /// <summary>The step's state without its effects.</summary>
    public static Step<TState, TEffect> Silent<TState, TEffect>(Step<TState, TEffect> step) => step with { Effects = [] };

    /// <summary>No value: an array that's empty rather than none, a record of such values.</summary>
    public static T Empty<T>() => (T)Empty(typeof(T))!;

    /// <summary>The value that an immutable collection has for its empty self; null if a type has none.</summary>
    private static object? EmptyOf(Type type) => type.Namespace == typeof(ImmutableArray).Namespace ? type.GetField(nameof(ImmutableArray<>.Empty))?.GetValue(null) : null;

    private static object? Empty(Type type)
    {
        if (EmptyOf(type) is { } none) return none;
        if (type.IsValueType) return Activator.CreateInstance(type);
        return IsRecord(type) ? Activator.CreateInstance(type, [.. type.GetConstructors()[0].GetParameters().Select(p => Empty(p.ParameterType))]) : null;
    }
}
