import { z } from 'zod';

/** How capable a model is, from the least. */
export const MODEL_CLASSES = ['economy', 'standard', 'frontier'] as const;
export const modelClassSchema = z.enum(MODEL_CLASSES);
export type ModelClass = z.infer<typeof modelClassSchema>;

/** What callers ask for. */
export const QUALITIES = ['low', 'standard', 'high'] as const;
export const qualitySchema = z.enum(QUALITIES);
export type Quality = z.infer<typeof qualitySchema>;

/** The least class that serves a quality. */
export const CLASS_OF_QUALITY: Readonly<Record<Quality, ModelClass>> = {
  low: 'economy',
  standard: 'standard',
  high: 'frontier',
};

/** Negative when `left` is the lesser class. */
export function compareClasses(left: ModelClass, right: ModelClass): number {
  return MODEL_CLASSES.indexOf(left) - MODEL_CLASSES.indexOf(right);
}
