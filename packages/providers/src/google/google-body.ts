/** The body of `generateContent`, as far as the broker builds it. Source: Gemini API reference, "Generating content". */
export interface GoogleBody {
  contents: { role: 'user' | 'model'; parts: { text: string }[] }[];
  systemInstruction?: { role: 'system'; parts: { text: string }[] };
  generationConfig: {
    maxOutputTokens?: number;
    temperature?: number;
    topP?: number;
    stopSequences?: string[];
    seed?: number;
    presencePenalty?: number;
    frequencyPenalty?: number;
  };
}
